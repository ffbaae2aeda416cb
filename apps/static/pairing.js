/** The row that says in which setting the twin differs, and to what. */

import { part } from "./conditions.js";
import { said as ofSet } from "./set.js";
import { twin } from "./twin.js";
import { counted } from "./words.js";

const ELSEWHERE = ["Network", "Layer", "Unit", "Label"]; // what the number is a number of

/** `table(name)`: what there is to choose in a network; `network(field)`: whose layers they are. */
export function pairing(player, config, fields, { table, network }) {
  const pair = twin(player, () => mark());
  const open = player.element.querySelector(".twin-open");
  player.element.querySelector(".bar").insertAdjacentHTML("afterend", `
    <div class="pairing" role="group" aria-label="Twin" hidden>
      <span class="which-branch"></span>
      <label>The twin differs in <select class="which"></select></label>
      <label class="to">to </label>
      <button type="button" class="go">Open it</button>
      <span class="cost"></span>
      <button type="button" class="apart">Close</button></div>`);
  const form = player.element.querySelector(".pairing");
  const which = form.querySelector(".which"), to = form.querySelector(".to"), go = form.querySelector(".go");
  let filling = 0, asking = false; // what the twin differs in is being chosen: it is not open yet
  let chosen = () => {};

  const here = ({ name }) => part(name, config, player.settings);
  const others = ({ kind, name }) => kind !== "Network" || document.querySelector(`select[data-field="${name}"]`)?.options.length > 1;
  const offered = () => Object.values(fields).filter((field) => MAKE[field.kind] && here(field) && others(field));

  /** Words for what differs, as they stand under the picture. */
  function named(settings) {
    return Object.entries(settings).map(([name, value]) => {
      const field = fields[name], word = field?.label.toLowerCase() ?? name;
      const unit = field?.unit ? ` ${counted(value, field.unit)}` : "";
      if (field?.kind === "Label") return tables[network(field)]?.labels[value] ?? `${word} ${value}`;
      if (typeof value === "boolean") return `${word} ${value ? "on" : "off"}`;
      if (field?.kind === "Attributes") return `${word} ${ofSet(field, value)}`;
      const said = Array.isArray(value) ? value.join(", ") : value;
      return `${word} ${field?.zero && value === 0 ? field.zero : said}${unit}`;
    }).join(", ");
  }

  /** Why two numbers are not on one scale; empty if they are. */
  function why(settings) {
    const steers = (name) => ELSEWHERE.some((kind) => Object.entries(config.when ?? {}).some(
      ([field, [[other]]]) => other === name && fields[field]?.kind === kind));
    const apart = Object.keys(settings).find((name) => ELSEWHERE.includes(fields[name]?.kind) || steers(name));
    return apart ? `Another ${fields[apart].label.toLowerCase()}: each curve on a scale of its own` : "";
  }

  function show(settings, name = named(settings)) {
    form.querySelector(".cost").textContent = "";
    asking = false;
    pair.open({ settings }, name, why(settings));
    mark(name);
  }

  /** Beside the twin stands what the run itself has. */
  function mark(name) {
    const wish = pair.wish(), settings = wish?.what.settings;
    open.setAttribute("aria-pressed", Boolean(wish));
    form.hidden = !wish && !asking;
    go.hidden = Boolean(wish);
    to.hidden = which.parentElement.hidden = !settings && !asking;
    player.element.querySelector(".same").textContent = !wish ? ""
      : settings ? named(Object.fromEntries(Object.keys(settings).map((field) => [field, player.settings[field]])))
      : player.branches().all.find(({ branch }) => branch === player.branches().now)?.name ?? "";
    form.querySelector(".which-branch").textContent = wish && !settings ? `Beside it: ${name ?? wish.name}` : "";
    form.setAttribute("aria-label", wish ? `Twin: ${name ?? wish.name}` : "Twin");
  }

  /** Fill the row for a setting, with a value that differs; then show it. */
  async function choose(field, value) {
    const mine = ++filling;
    let made;
    try {
      made = await MAKE[field.kind](field, value);
    } catch (error) { return player.notice(error.message); }
    if (mine !== filling) return;
    which.replaceChildren(...offered().map(({ name, label }) => new Option(label, name, false, name === field.name)));
    to.replaceChildren("to ", made.element);
    made.element.setAttribute("aria-label", `${field.label} of the twin`);
    chosen = () => {
      const now = made.read();
      if (now === undefined) return;
      asking = false;
      show(beside(field, now));
    };
    const cost = () => {
      const loads = field.kind === "Network" ? ` ${made.element.selectedOptions[0]?.text ?? ""} is loaded first.` : "";
      form.querySelector(".cost").textContent = asking ? `A second run, in step with this one: each is about half as fast.${loads}` : "";
    };
    made.element.addEventListener("change", () => (asking ? cost() : chosen()));
    cost();
    if (value === undefined && !asking) chosen();
    else mark();
  }

  const tables = {}; // that have arrived
  /** The change, with a unit that is there in another layer. */
  function beside(field, value) {
    const changes = { [field.name]: value };
    const layers = field.kind === "Layer" && tables[network(field)]?.layers;
    for (const unit of Object.values(fields)) {
      if (unit.kind !== "Unit" || unit.of !== field.name) continue;
      const info = layers && layers.find(({ name }) => name === value);
      if (info) changes[unit.name] = Math.min(player.settings[unit.name], info.channels - 1);
      if (changes[unit.name] === player.settings[unit.name]) delete changes[unit.name];
    }
    return changes;
  }

  function select(options, value, now) {
    const element = document.createElement("select");
    const chosen = value ?? options.find(([one]) => one !== now)?.[0];
    element.replaceChildren(...options.map(([one, text]) => new Option(text ?? one, one, false, one === chosen)));
    for (const option of element.options) option.disabled = option.value === String(now);
    return { element, read: () => element.value };
  }

  function number(field, value, wanted) {
    const element = /** @type {any} */ (document.createElement("input"));
    element.type = "number";
    element.min = field.low ?? 0;
    if (field.high !== undefined) element.max = field.high;
    element.step = field.whole ? 1 : "any";
    element.value = value ?? wanted;
    const read = () => {
      if (!element.reportValidity()) return undefined;
      return +element.value;
    };
    return { element, read };
  }

  const known = async (field) => (tables[network(field)] = await table(network(field)));
  const now = (field) => player.settings[field.name];
  const MAKE = {
    Network(field, value) {
      const place = document.querySelector(`select[data-field="${field.name}"]`);
      return select([...(place?.options ?? [])].map((one) => [one.value, one.text]), value, now(field));
    },
    async Layer(field, value) {
      const { groups } = await known(field);
      const stages = groups[0][1], at = stages.indexOf(now(field));
      const made = select(groups.flatMap(([, names]) => names.map((name) => [name])), value, now(field));
      if (value === undefined) made.element.value = stages[at + 2] ?? stages[at - 2] ?? stages.at(-1);
      return made;
    },
    Unit: (field, value) => number(field, value, now(field) + 1),
    Seed: (field, value) => number(field, value, now(field) + 1),
    async Label(field, value) {
      const { labels } = await known(field);
      const made = select(labels.map((label, i) => [String(i), label]), String(value ?? (now(field) ? 0 : 1)), String(now(field)));
      return { element: made.element, read: () => +made.element.value };
    },
    Range(field, value) {
      const middle = field.log ? Math.sqrt(field.low * field.high) : (field.low + field.high) / 2;
      const far = now(field) < middle ? field.low + 3 * (field.high - field.low) / 4 : field.low + (field.high - field.low) / 4;
      const wanted = field.log ? (now(field) < middle ? now(field) * 4 : now(field) / 4) : far;
      const held = Math.min(field.high, Math.max(field.low, +wanted.toPrecision(2)));
      return number(field, value, field.whole ? Math.round(held) : held);
    },
    /** One of them, all or none; more where a preset says so. */
    async Attributes(field, value) {
      const { attributes = [] } = await known(field), names = Array.isArray(attributes) ? attributes : Object.keys(attributes);
      const options = [["", field.without], [field.every], ...names.map((name) => [name])], text = value?.join(",");
      if (text && !options.some(([one]) => one === text)) options.push([text, value.join(", ")]);
      const made = select(options, text, now(field).join(","));
      if (text === "") made.element.value = "";
      return { element: made.element, read: () => (made.element.value ? made.element.value.split(",") : []) };
    },
    Choice: (field, value) => select(field.options.map((one) => [one]), value, now(field)),
    Switch(field, value) {
      const made = select([["true", "on"], ["false", "off"]], value === undefined ? undefined : String(value), String(now(field)));
      return { element: made.element, read: () => made.element.value === "true" };
    },
    Picture(field, value) {
      const names = [...document.querySelectorAll(`[data-pictures="${field.name}"] [data-picture]`)];
      return select(names.map(({ dataset }) => [dataset.picture]), value, now(field));
    },
  };

  /** A twin that a preset, a link or the page before has set: the row says the same. */
  function adopt(settings) {
    const [name] = Object.keys(settings);
    show(settings);
    if (fields[name] && MAKE[fields[name].kind]) choose(fields[name], settings[name]);
  }

  function stop() {
    asking = false;
    pair.close();
    mark();
  }

  let was = 1;
  /** A branch beside that is gone leaves; one that is gone to changes places with the one before. */
  function branched({ now, all }) {
    const beside = pair.wish()?.what.branch, named = (wanted) => all.find(({ branch }) => branch === wanted)?.name;
    if (beside && !named(beside)) stop();
    else if (beside === now && named(was)) pair.open({ branch: was }, named(was));
    was = now;
    mark();
  }

  open.addEventListener("click", () => {
    if (pair.wish() || asking) return stop();
    const first = offered();
    if (!first.length) return player.notice("A twin differs in a setting, and none here can be another: steer this run, or start it again.");
    asking = true;
    choose(first.find(({ kind }) => kind === "Layer") ?? first[0]);
  });
  go.addEventListener("click", () => chosen());
  form.querySelector(".apart").addEventListener("click", () => (stop(), open.focus()));
  which.addEventListener("change", () => choose(fields[which.value]));
  player.heard((what) => {
    if (what.preset >= 0) {
      const { twin: settings } = config.presets[what.preset];
      if (settings && Object.keys(settings).length) adopt(settings);
      else if (pair.wish()) stop();
    }
    if (what.beside) {
      pair.open(what.beside, what.name);
      mark(what.name);
    }
    if (what.hello?.twin && what.fresh) {
      const { settings } = what.hello.twin;
      settings ? adopt(settings) : (pair.open({}, "another branch"), mark("another branch"));
    }
    if (what.branches) branched(what.branches);
    if (what.settings && pair.wish()) mark();
  });

  /** Come back to the twin of before a reload. @param {import("./twin.js").Wish & {run: number, token: string}} was */
  function back(was) {
    pair.open(was.what, was.name, was.why, { run: was.run, token: was.token });
    const [name] = Object.keys(was.what.settings ?? {});
    if (MAKE[fields[name]?.kind]) choose(fields[name], was.what.settings[name]);
    else mark(was.name);
  }
  return { back, twin: pair };
}
