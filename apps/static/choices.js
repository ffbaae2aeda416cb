/** The controls that are the page's own: choices inside the sentence, steps through layers, pictures. */

import { part } from "./conditions.js";
import { robustness } from "./robust.js";
import { fill as chips } from "./set.js";

/** @param {string} selector @returns {any[]} */
const all = (selector) => [...document.querySelectorAll(selector)];
const OFFERED = ["Layer", "Unit", "Label", "Attribute", "Attributes"]; // what a network's table says

/**
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Config} config
 * @param {Record<string, import("./page.js").Field>} fields
 * @param {ReturnType<typeof import("./networks.js").networks>} known
 * @param {() => void} filled what there is to choose stands there
 */
export function choices(player, config, fields, known, filled) {
  const shown = {}; // tables that have arrived
  let offered = "";
  const byField = (name) => all(`[data-field="${name}"]`);

  /** The name of the network that a layer, a unit or a class belongs to. */
  function network(field) {
    const of = fields[field.of];
    return of.kind === "Network" ? player.settings[of.name] : network(of);
  }

  /** A control has another value: sent at once, or the run starts again. @param {string} name @param {any} value */
  function change(name, value) {
    const field = fields[name];
    const changes = { [name]: value };
    for (const unit of Object.values(fields)) {
      if (unit.kind === "Unit" && unit.of === name) { // sent together: it must exist in the new layer
        const info = shown[network(field)]?.layers.find((layer) => layer.name === value);
        if (info) changes[unit.name] = Math.min(player.settings[unit.name], info.channels - 1);
      }
    }
    field.live ? player.set(changes) : player.again(changes);
  }

  // what there is to choose

  async function offer() {
    for (const field of Object.values(fields)) {
      const places = byField(field.name);
      if (!places.length || !OFFERED.includes(field.kind)) continue;
      try {
        const name = network(field);
        const info = (shown[name] = await known.table(name));
        for (const place of places) OFFER[field.kind](place, field, info);
        if (field.kind === "Label") known.gate(field, info);
      } catch (error) { player.notice(error.message); }
    }
    filled();
  }

  const OFFER = {
    Layer(select, field, info) {
      if (select.type === "range") return depth(select, info);
      if (select.dataset.of === info.name) return;
      select.dataset.of = info.name;
      fill(select, info.groups.map(([title, names]) => [title, names.map((n) => [n, n])]), player.settings[field.name]);
    },
    Unit(input, field, info) {
      const layer = info.layers.find(({ name }) => name === player.settings[field.of]);
      if (layer) input.max = layer.channels - 1;
      input.title = layer ? `0 to ${layer.channels - 1}` : "";
    },
    Label(input, field, info) {
      if (input.dataset.of === info.name) return;
      input.dataset.of = info.name;
      const list = document.getElementById(input.getAttribute("list"));
      list.replaceChildren(...info.labels.map((label, i) => new Option(`${i}`, label)));
    },
    Attributes(place, _, { name, attributes = [] }) {
      if (!place.matches(".chips") || place.dataset.of === name) return;
      place.dataset.of = name;
      chips(place, Array.isArray(attributes) ? attributes : Object.keys(attributes));
    },
    /** The directions of a generator: a list of names, or an object that has them. */
    Attribute(select, field, { name, attributes = [] }) {
      if (select.dataset.of === name) return;
      select.dataset.of = name;
      const names = Array.isArray(attributes) ? attributes : Object.keys(attributes);
      fill(select, [["", names.map((n) => [n, n])]], player.settings[field.name]);
    },
  };

  /** A slider through the stages of the network, beside the choice of every layer. */
  function depth(slider, info) {
    slider.stages = info.groups[0][1];
    slider.max = slider.stages.length - 1;
  }

  // values follow the run

  function values() {
    for (const field of Object.values(fields)) {
      const value = known.pending[field.name] ?? player.settings[field.name];
      for (const place of byField(field.name)) {
        if (place !== document.activeElement || !place.matches("input")) put(place, field, value);
      }
      if (field.kind === "Picture" || field.kind === "Mask") pictures(field, value);
    }
    for (const name of Object.keys(config.when ?? {})) {
      const hidden = !part(name, config, player.settings);
      all(`[data-part="${name}"], #set-${name}, #card-${name}, .pictures:has([data-pictures="${name}"])`)
        .forEach((one) => one.classList.toggle("away", hidden));
    }
  }

  function put(place, field, value) {
    if (place.type === "range") {
      const i = place.stages?.indexOf(value) ?? -1;
      if (i >= 0) place.value = i;
      return mark(place, value);
    }
    if (field.kind === "Label") return (place.value = shown[network(field)]?.labels[value] ?? value);
    if (!place.matches("select")) return place.matches("input") && (place.value = value);
    if (field.kind === "Network") robustness(place, value, (name) => known.choose(field, name));
    if (![...place.options].some((option) => option.value === value)) place.add(new Option(value, value));
    place.value = value;
  }

  function pictures(field, value) {
    for (const thumb of all(`[data-pictures="${field.name}"] [data-picture]`)) {
      thumb.setAttribute("aria-pressed", thumb.dataset.picture === value);
    }
  }

  // hands

  document.addEventListener("change", (event) => {
    const target = /** @type {any} */ (event.target), field = fields[target.dataset?.field];
    if (!field || target.type === "range") return;
    if (field.kind === "Network") return known.used(target, field);
    if (field.kind === "Label") return label(target, field);
    if (target.type === "number") return number(target, field);
    change(field.name, target.value);
  });
  document.addEventListener("input", (event) => {
    const target = /** @type {any} */ (event.target), field = fields[target.dataset?.field];
    if (!field || target.type !== "range" || !target.stages) return;
    const layer = target.stages[target.value];
    mark(target, layer);
    change(field.name, layer);
  });
  document.addEventListener("click", (event) => {
    const hit = /** @type {Element} */ (event.target).closest?.("[data-by], [data-picture]");
    if (!(hit instanceof HTMLElement)) return;
    if (hit.dataset.picture) {
      const row = /** @type {HTMLElement} */ (hit.closest("[data-pictures]"));
      return player.again({ [row.dataset.pictures]: hit.dataset.picture });
    }
    const input = hit.parentElement.querySelector("input");
    input.value = `${+input.value + +hit.dataset.by}`;
    number(input, fields[input.dataset.field]);
  });

  function label(input, field) {
    const labels = shown[network(field)]?.labels ?? [];
    const said = input.value.trim().toLowerCase();
    let i = /^\d+$/.test(said) ? +said : labels.findIndex((name) => name.toLowerCase() === said);
    if (i < 0) i = labels.findIndex((name) => name.toLowerCase().includes(said));
    if (i < 0 || i >= labels.length) {
      player.notice(`The network knows no class ${input.value}: choose one of the list, or a number.`);
      return (input.value = labels[player.settings[field.name]] ?? player.settings[field.name]);
    }
    input.value = labels[i];
    change(field.name, i);
  }

  function number(input, field) {
    const most = input.max ? +input.max : Infinity, asked = Math.round(+input.value);
    const value = Math.max(0, Math.min(most, asked || 0));
    if (value !== asked) player.notice(`${field.label} ${asked} is out of range: choose 0 to ${most}.`);
    input.value = value;
    if (value !== player.settings[field.name]) change(field.name, value);
  }

  /** The networks and layers of now: what there is to choose depends on them. */
  const named = () => JSON.stringify(Object.values(fields)
    .filter(({ kind }) => ["Network", "Layer"].includes(kind)).map(({ name }) => player.settings[name]));
  player.heard(({ settings }) => {
    if (settings && offered !== (offered = named())) offer();
  });

  return { change, network, offer, values };
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

/** How far a slider of ours is filled, and what it says. @param {HTMLInputElement} slider @param {string} text */
export function mark(slider, text) {
  const low = +slider.min || 0, high = slider.max === "" ? 100 : +slider.max;
  slider.style.setProperty("--played", `${(+slider.value - low) / (high - low || 1)}`);
  slider.setAttribute("aria-valuetext", text);
  const output = slider.parentElement.querySelector("output");
  if (output) output.textContent = text;
}
