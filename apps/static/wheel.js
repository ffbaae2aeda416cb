/** The live settings of a followed run as plain controls, for who holds the wheel. */

import { part } from "./conditions.js";
import { changed } from "./latent.js";
import { plain, said as ofSet, toggled as inOrOut } from "./set.js";
import { counted } from "./words.js";

/** @typedef {import("./page.js").Field} Field */
/** @typedef {{layers: {name: string, channels: number}[], groups: [string, string[]][], labels: string[]}} Table of a network */

const FINE = 200; // steps of a range that is not of whole numbers

/** A setting in words, as phones are told of it. @param {Field} field @param {any} value @param {string[]} [labels] */
export function worded({ kind, label, unit, zero, every, without }, value, labels) {
  if (typeof value === "boolean") return `${label} ${value ? "on" : "off"}`;
  if (kind === "Label" && labels?.[value]) return `${label} ${labels[value]}`;
  if (kind === "Attributes") return `${label} ${ofSet({ every, without }, value)}`;
  if (zero && value === 0) return `${label} ${zero}`;
  const said = Array.isArray(value) ? value.map(short).join(", ") : typeof value === "number" ? short(value) : value;
  return `${label} ${said}${unit ? ` ${counted(value, unit)}` : ""}`;
}

const short = (value) => `${Number.isInteger(value) ? value : +(+value).toPrecision(3)}`.replace("-", "−");

/** Where a range stands, and what a place on it means; a logarithmic one moves by its powers. @param {Field} field */
export function scale({ low = 0, high = 1, log, whole }) {
  if (log) {
    const [from, to] = [Math.log10(low), Math.log10(high)];
    const value = (at) => Math.min(high, Math.max(low, +(10 ** at).toPrecision(3)));
    return { min: from, max: to, step: (to - from) / FINE, at: Math.log10, value };
  }
  const step = whole ? 1 : (high - low) / FINE, plain = (at) => (whole ? Math.round(at) : +(+at).toPrecision(4));
  return { min: low, max: high, step, at: (value) => value, value: plain };
}

/**
 * Controls for these settings; `values(settings)` puts them where they stand, and hides those that are no part of it.
 * @param {HTMLElement} place
 * @param {Field[]} fields the live ones
 * @param {(changes: Record<string, any>) => void} set
 * @param {(field: Field) => Promise<Table | null>} table of the network that a setting is one of
 * @param {Record<string, [string, any[]][]>} when see conditions.js
 */
export function controls(place, fields, set, table, when) {
  const made = fields.map((field) => ({ field, ...MAKE[field.kind]?.(field, set, table) })).filter(({ row }) => row);
  place.replaceChildren(...made.map(({ row }) => row));

  /** @param {Record<string, any>} settings */
  function values(settings) {
    for (const { row, show, field } of made) {
      row.hidden = !part(field.name, { when }, settings);
      if (!row.contains(document.activeElement)) show(settings[field.name]);
    }
  }
  return { values };
}

function row(field, input) {
  const made = document.createElement("label"), name = document.createElement("span"), said = document.createElement("output");
  name.textContent = field.label;
  made.append(name, said, input);
  return { row: made, said };
}

/** Steered while it is dragged; it lets go of the focus, so that the lecturer's hand is seen again. */
function ranged(field, made, read) {
  const input = document.createElement("input"), { min, max, step } = made;
  Object.assign(input, { type: "range", min: `${min}`, max: `${max}`, step: `${step}` });
  input.setAttribute("aria-label", field.label);
  input.addEventListener("input", () => read(made.value(+input.value)));
  input.addEventListener("change", () => input.blur());
  return input;
}

function range(field, set) {
  const made = scale(field), input = ranged(field, made, (value) => (tell(value), set({ [field.name]: value })));
  const { row: whole, said } = row(field, input);
  const tell = (value) => (said.textContent = worded({ ...field, label: "" }, value).trim());
  return { row: whole, show: (value) => ((input.value = `${made.at(value)}`), tell(value)) };
}

function chosen(field, set, options, read = (text) => text) {
  const select = document.createElement("select");
  select.append(...options.map(([value, text]) => new Option(text, value)));
  select.addEventListener("change", () => (set({ [field.name]: read(select.value) }), select.blur()));
  const { row: whole } = row(field, select);
  return { row: whole, select, show: (value) => (select.value = `${value}`) };
}

const choice = (field, set) => chosen(field, set, (field.options ?? []).map((one) => [one, one]));

function toggled(field, set) {
  const input = document.createElement("input");
  input.type = "checkbox";
  input.addEventListener("change", () => (set({ [field.name]: input.checked }), input.blur()));
  return { row: row(field, input).row, show: (value) => (input.checked = value) };
}

/** A layer or a class: the network says which there are. */
function listed(list, read) {
  return (field, set, table) => {
    const made = chosen(field, set, [], read);
    let now = "", filled = "";
    function show(value) {
      now = `${value}`;
      if (![...made.select.options].some((one) => one.value === now)) made.select.add(new Option(now, now));
      made.select.value = now;
      table(field).then((found) => {
        const options = found ? list(found) : [];
        if (!options.length || filled === (filled = found.name ?? "?")) return;
        made.select.replaceChildren(...options.map(([key, text]) => new Option(text, key)));
        show(now);
      });
    }
    return { row: made.row, show };
  };
}

function number(field, set) {
  const input = document.createElement("input");
  Object.assign(input, { type: "number", min: `${field.low ?? 0}`, max: `${field.high ?? 9999}`, step: "1" });
  input.addEventListener("change", () => (set({ [field.name]: Math.round(+input.value) }), input.blur()));
  return { row: row(field, input).row, show: (value) => (input.value = `${value}`) };
}

/** Several numbers of one setting: x and y of a place, or the first of a latent. */
function several(names, change) {
  return (field, set) => {
    const whole = document.createElement("fieldset"), legend = document.createElement("legend");
    let now = [];
    const parts = names(field).map((name, i) => {
      const one = { ...field, name, label: name, unit: "" };
      return range(one, (changes) => set({ [field.name]: (now = change(now, i, changes[name], field)) }));
    });
    legend.textContent = field.label;
    whole.append(legend, ...parts.map(({ row: part }) => part));
    return { row: whole, show: (value) => ((now = value), parts.forEach(({ show }, i) => show(value[i] ?? 0))) };
  };
}

/** A set of attributes: a box for each, for all and for none. */
function attributes(field, set, table) {
  const whole = document.createElement("fieldset"), legend = document.createElement("legend");
  let now = /** @type {string[]} */ ([]), names = /** @type {string[]} */ ([]), filled = "";
  legend.textContent = field.label;
  whole.append(legend);
  const box = (name, text, read) => toggled({ ...field, name, label: text }, () => set({ [field.name]: (now = read()) }));
  /** @type {{row: HTMLElement, show: (value: boolean) => void, name: string}[]} */
  let boxes = [];
  function show(value) {
    now = value;
    for (const one of boxes) one.show(one.name === field.every ? value.includes(one.name) : value.includes(field.every) || value.includes(one.name));
    table(field).then((found) => {
      if (!found || filled === (filled = found.name ?? "?")) return;
      names = Array.isArray(found.attributes) ? found.attributes : Object.keys(found.attributes ?? {});
      const all = { ...box(field.every, field.every, () => (now.includes(field.every) ? [] : [field.every])), name: field.every };
      boxes = [all, ...names.map((name) => ({ ...box(name, plain(name), () => inOrOut(field, now, name, names, [])), name }))];
      whole.replaceChildren(legend, ...boxes.map(({ row }) => row));
      show(now);
    });
  }
  return { row: whole, show };
}

const replaced = (values, i, to) => values.map((value, j) => (i === j ? to : value));

/** @type {Record<string, (field: Field, set: (changes: Record<string, any>) => void, table: any) => any>} by kind */
const MAKE = {
  Range: range,
  Choice: choice,
  Switch: toggled,
  Seed: number,
  Attributes: attributes,
  Unit: number,
  Layer: listed(({ groups = [] }) => (groups[0]?.[1] ?? []).map((name) => [name, name])),
  Label: listed(({ labels = [] }) => labels.map((text, i) => [`${i}`, text]), Number),
  Point: several(() => ["x", "y"], replaced),
  Latent: several(({ shown = 8 }) => Array.from({ length: shown }, (_, i) => `${i + 1}`), changed),
};
