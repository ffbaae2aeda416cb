/** What surrounds the player on a page: choices in the sentence, pictures, presets, code, theme. */

import { bringing } from "/static/bring.js";
import { part } from "/static/conditions.js";
import { filming } from "/static/film.js";
import { painting } from "/static/mask.js";
import { fairness, fetching, networks } from "/static/networks.js";
import { pairing } from "/static/pairing.js";
import { panels } from "/static/panels.js";
import { player } from "/static/player.js";
import { readings } from "/static/readings.js";
import { robustness } from "/static/robust.js";
import { survival } from "/static/survival.js";

const config = JSON.parse(document.getElementById("lab-config").textContent);
const lab = (window.lab = player(config));
panels(lab);
if (config.survival) survival(lab, config.survival);
if (config.extension) import(`/static/${config.extension}.js`).then(({ extension }) => extension(lab));
if (config.readings?.length) readings(lab, config.readings);
const fields = Object.fromEntries((config.fields ?? []).map((field) => [field.name, field]));
const all = (selector) => [...document.querySelectorAll(selector)];
const byField = (name) => all(`[data-field="${name}"]`);
const remember = (name, value) => {
  try { sessionStorage.setItem(name, JSON.stringify(value)); } catch { /* it is only a convenience */ }
};
const recall = (name) => {
  try {
    const value = JSON.parse(sessionStorage.getItem(name));
    sessionStorage.removeItem(name);
    return value;
  } catch { return null; }
};
const { bring, put } = bringing(lab, config, fields, remember);
if (!config.landing) painting(lab, put), filming(lab);
const known = networks(lab, config, fields, { said: fetching(lab.element), values: () => values() });
const pair = config.small ? null : pairing(lab, config, fields, { table: known.table, network });

// where to begin

function begin() {
  const asked = new URLSearchParams(location.search);
  const was = recall("run"), handed = recall("open");
  const reloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
  config.start = { ...config.defaults, ...config.presets[0]?.settings };
  const given = (begin.given = addressed(asked));
  lab.slot = document.getElementById("player");
  if (was?.probe === config.probe && Date.now() - was.at < 4500 && (reloaded || was.carried)) {
    lab.begin({ run: was.run, token: was.token });
    if (was.twin) pair?.back(was.twin);
  } else if (handed) lab.begin({ link: handed });
  else if (asked.get("r")) lab.begin({ link: asked.get("r") });
  else {
    lab.begin({ settings: given ? { ...config.defaults, ...given } : { ...config.start } });
    if (!given && config.keyframe && !config.landing) lab.recorded(`/keyframes/${config.probe}`);
    if (!given && config.presets.length) lab.mark(0);
  }
  lab.slot?.append(lab.element);
}

/** What an address asks for may be none of the network's: the run fails, and says so; the page starts as ever. */
lab.heard(({ status }) => {
  if (status?.state !== "failed" || lab.step >= 0 || !begin.given) return;
  begin.given = null;
  lab.open({ settings: { ...config.start } });
});

const OTHERS = ["r", "follow", "lecture"]; // names in an address that are no settings
/** The settings that the address names, null if none; the stage checks their values and answers. */
function addressed(asked) {
  const found = {};
  for (const [name, text] of asked) {
    if (OTHERS.includes(name) || name.startsWith("__")) continue; // Gradio's own
    if (!(name in config.defaults)) {
      lab.notice(`There is no setting '${name.slice(0, 40)}' here: choose from ${Object.keys(config.defaults).join(", ")}.`);
      continue;
    }
    const number = text.trim() === "" ? NaN : Number(text);
    const as = { number: Number.isFinite(number) ? number : text, boolean: { true: true, false: false }[text] ?? text };
    found[name] = as[typeof config.defaults[name]] ?? text;
  }
  return Object.keys(found).length ? found : null;
}

addEventListener("pagehide", () => {
  if (lab.run) remember("run", { probe: config.probe, run: lab.run, token: lab.token(), at: Date.now(), carried: lab.carried, twin: lab.twin?.memory() });
});

/** Called by the page once its own place for the player is there. */
lab.mount = (slot) => {
  slot.append(lab.element);
  document.getElementById("shell")?.remove();
  document.documentElement.classList.add("ready");
  const since = performance.now();
  const there = () => config.widgets.every((name) => document.getElementById(`set-${name}`));
  (function follow() { // Gradio's widgets arrive one after the other
    bridged = "";
    values();
    if (!there() && performance.now() < since + 10_000) setTimeout(follow, 100);
  })();
  choices();
  known.offer();
};

// choices in the sentence

function network(field) {
  const of = fields[field.of];
  return of.kind === "Network" ? lab.settings[of.name] : network(of);
}

function fill(select, groups, chosen) {
  const known = groups.some(([, options]) => options.some(([value]) => value === chosen));
  select.replaceChildren(...(known ? groups : [["", [[chosen, chosen]]], ...groups]).flatMap(([title, options]) => {
    const made = options.map(([value, text]) => new Option(text, value, false, value === chosen));
    if (!title) return made;
    const group = document.createElement("optgroup");
    group.label = title;
    group.append(...made);
    return [group];
  }));
}

function change(name, value) {
  const field = fields[name];
  const changes = { [name]: value };
  for (const unit of Object.values(fields)) {
    if (unit.kind === "Unit" && unit.of === name) { // sent together: it must exist in the new layer
      const info = shown[network(field)]?.layers.find((layer) => layer.name === value);
      if (info) changes[unit.name] = Math.min(lab.settings[unit.name], info.channels - 1);
    }
  }
  field.live ? lab.set(changes) : lab.again(changes);
}

const shown = {}; // tables that have arrived
async function choices() {
  for (const field of Object.values(fields)) {
    const places = byField(field.name);
    if (!places.length || !["Layer", "Unit", "Label"].includes(field.kind)) continue;
    try {
      const name = network(field);
      const info = (shown[name] = await known.table(name));
      for (const place of places) OFFER[field.kind](place, field, info);
      if (field.kind === "Label") known.gate(field, info);
    } catch (error) { lab.notice(error.message); }
  }
  values();
}

const OFFER = {
  Layer(select, field, info) {
    if (select.type === "range") return depth(select, field, info);
    if (select.dataset.of === info.name) return;
    select.dataset.of = info.name;
    fill(select, info.groups.map(([title, names]) => [title, names.map((n) => [n, n])]), lab.settings[field.name]);
  },
  Unit(input, field, info) {
    const layer = info.layers.find(({ name }) => name === lab.settings[field.of]);
    if (layer) input.max = layer.channels - 1;
    input.title = layer ? `0 to ${layer.channels - 1}` : "";
  },
  Label(input, field, info) {
    if (input.dataset.of === info.name) return;
    input.dataset.of = info.name;
    const list = document.getElementById(input.getAttribute("list"));
    list.replaceChildren(...info.labels.map((label, i) => new Option(`${i}`, label)));
  },
};

/** A slider through the stages of the network, beside the choice of every layer. */
function depth(slider, field, info) {
  slider.stages = info.groups[0][1];
  slider.max = slider.stages.length - 1;
}

// values on the page follow the run

function values() {
  for (const field of Object.values(fields)) {
    const value = known.pending[field.name] ?? lab.settings[field.name];
    for (const place of byField(field.name)) {
      if (place === document.activeElement && place.matches("input")) continue;
      if (place.type === "range") {
        const i = place.stages?.indexOf(value) ?? -1;
        if (i >= 0) place.value = i;
        mark(place, value);
      } else if (field.kind === "Label") place.value = shown[network(field)]?.labels[value] ?? value;
      else if (place.matches("select")) {
        if (field.kind === "Network") robustness(place, value, (name) => known.choose(field, name));
        if (![...place.options].some((option) => option.value === value)) place.add(new Option(value, value));
        place.value = value;
      } else if (place.matches("input")) place.value = value;
    }
    if (field.kind === "Picture" || field.kind === "Mask") pictures(field, value);
  }
  for (const name of Object.keys(config.when ?? {})) {
    const hidden = !part(name, config, lab.settings);
    all(`[data-part="${name}"], #set-${name}, #card-${name}, .pictures:has([data-pictures="${name}"])`).forEach((one) => one.classList.toggle("away", hidden));
  }
  dress();
  pressed();
  bridge();
  code();
}

function pressed() {
  all(".preset").forEach((one, i) => one.setAttribute("aria-pressed", i === lab.chosen));
}

function mark(slider, text) {
  slider.style.setProperty("--played", slider.value / (slider.max || 1));
  slider.setAttribute("aria-valuetext", text);
  const output = slider.parentElement.querySelector("output");
  if (output) output.textContent = text;
}

/** Gradio's widgets: what they show at the right, how far they are filled, their help. */
function dress() {
  for (const field of Object.values(fields)) {
    const block = document.getElementById(`set-${field.name}`);
    const range = block?.querySelector("input[type=range]");
    if (!block) continue;
    if (field.help && !block.title) {
      block.title = field.help;
      if (block.closest(".grid")) {
        const help = document.createElement("small");
        help.className = "help";
        help.textContent = field.help;
        block.append(help);
      }
    }
    if (!range) continue;
    const value = lab.settings[field.name], text = `${plain(value)}${field.unit ? ` ${field.unit}` : ""}`;
    range.setAttribute("aria-valuetext", field.zero && value === 0 ? field.zero : text);
    const box = block.querySelector(".tab-like-container");
    const word = field.zero && value === 0;
    if (box) box.dataset.unit = word ? field.zero : field.log ? text : field.unit ?? "";
    block.classList.toggle("word", Boolean(word));
    const at = field.log ? Math.log(value / field.low) / Math.log(field.high / field.low)
      : (value - field.low) / (field.high - field.low);
    range.style.setProperty("--played", at);
  }
}
const plain = (value) => +(+value).toPrecision(4);

/** The values of all Gradio widgets, in their order; one that somebody is at keeps its own. */
lab.values = (now) => config.widgets.map((name, i) => {
  const field = fields[name];
  if (document.getElementById(`set-${name}`)?.contains(document.activeElement)) return now[i];
  const value = lab.settings[name];
  return field.log ? Math.log10(value) : value;
});
let bridged = "";
function bridge() {
  const wanted = JSON.stringify(config.widgets?.map((name) => lab.settings[name]));
  const button = document.getElementById("bridge");
  if (!button || wanted === bridged) return;
  bridged = wanted;
  clearTimeout(bridge.timer);
  bridge.timer = setTimeout(() => button.click(), 60);
}

function pictures(field, value) {
  const row = document.querySelector(`[data-pictures="${field.name}"]`);
  if (!row) return;
  for (const thumb of row.querySelectorAll("[data-picture]")) {
    thumb.setAttribute("aria-pressed", thumb.dataset.picture === value);
  }
}

let coding = 0;
/** The program for the picture of now, with all that steered it; a moment after the last change. */
function code() {
  const panel = document.getElementById("code");
  if (!panel) return;
  clearTimeout(coding);
  coding = setTimeout(async () => {
    if (lab.step < 0) return code();
    const { link } = await lab.record();
    const answer = await fetch(`/code?r=${link}`);
    if (answer.ok) panel.textContent = await answer.text();
  }, 400);
}

// hands

document.addEventListener("change", ({ target }) => {
  if (target.matches?.("input[type=file][data-bring]")) {
    bring(target.files[0], target.dataset.bring);
    target.value = "";
    return;
  }
  const field = fields[target.dataset?.field];
  if (!field || target.type === "range") return;
  if (field.kind === "Network") return known.used(target, field);
  if (field.kind === "Label") return label(target, field);
  if (target.type === "number") return number(target, field);
  change(field.name, target.value);
});
document.addEventListener("input", ({ target }) => {
  const field = fields[target.dataset?.field];
  if (!field || target.type !== "range" || !target.stages) return;
  const layer = target.stages[target.value];
  mark(target, layer);
  change(field.name, layer);
});

function label(input, field) {
  const labels = shown[network(field)]?.labels ?? [];
  const said = input.value.trim().toLowerCase();
  let i = /^\d+$/.test(said) ? +said : labels.findIndex((name) => name.toLowerCase() === said);
  if (i < 0) i = labels.findIndex((name) => name.toLowerCase().includes(said));
  if (i < 0 || i >= labels.length) {
    lab.notice(`The network knows no class ${input.value}: choose one of the list, or a number.`);
    return (input.value = labels[lab.settings[field.name]] ?? lab.settings[field.name]);
  }
  input.value = labels[i];
  change(field.name, i);
}

function number(input, field) {
  const most = input.max ? +input.max : Infinity, asked = Math.round(+input.value);
  const value = Math.max(0, Math.min(most, asked || 0));
  if (value !== asked) lab.notice(`${field.label} ${asked} is out of range: choose 0 to ${most}.`);
  input.value = value;
  if (value !== lab.settings[field.name]) change(field.name, value);
}

document.addEventListener("click", (event) => {
  const hit = event.target.closest?.("[data-by], [data-picture], [data-carry], #theme");
  if (!hit) return;
  if (hit.id === "theme") return turn();
  if (hit.dataset.carry !== undefined) return void (lab.carried = true);
  if (hit.dataset.picture) return lab.again({ [hit.closest("[data-pictures]").dataset.pictures]: hit.dataset.picture });
  const input = hit.parentElement.querySelector("input");
  input.value = +input.value + +hit.dataset.by;
  number(input, fields[input.dataset.field]);
});

// what the run says

/** The networks and layers of now: what there is to choose depends on them. */
const named = () => JSON.stringify(Object.values(fields)
  .filter(({ kind }) => ["Network", "Layer"].includes(kind)).map(({ name }) => lab.settings[name]));
let offered = "", coded = { at: 0 };
const pill = document.getElementById("pill");
const fair = fairness(lab.element, config.control ?? "");
lab.heard((what) => {
  if (what.status) fair(what.status.unfair);
  if (what.settings) values();
  if (what.settings && offered !== (offered = named())) choices();
  if (what.preset !== undefined) pressed();
  if (what.status && pill) {
    const { state, rate } = what.status;
    pill.textContent = `${config.device} · ${state === "running" && rate ? `${rate < 10 ? rate : Math.round(rate)} steps/s` : state === "running" ? "ready" : state}`;
  }
  if (what.shared) shared(what.shared);
  if (what.status && lab.step !== coded.step && (lab.state !== "running" || coded.at + 3000 < Date.now())) {
    coded = { step: lab.step, at: Date.now() };
    code();
  }
  if (what.elsewhere) {
    remember("open", new URLSearchParams(location.search).get("r"));
    location.replace(`/app/${what.elsewhere.probe}/`);
  }
});

async function shared({ link, copyable }) {
  if (!copyable) {
    return lab.notice("A link cannot carry this run: it starts from a picture of yours, or was steered much. Save it instead; the PNG carries everything.");
  }
  const address = `${location.origin}${location.pathname}?r=${link}`;
  history.replaceState(null, "", address);
  try {
    await navigator.clipboard.writeText(address);
    lab.notice("Link copied. It plays this run again, to this step.");
  } catch {
    lab.notice("The link is in the address bar: it plays this run again, to this step.");
  }
}

// light and dark

function turn() {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", theme);
  window.paintTheme();
}

begin();
