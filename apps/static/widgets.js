/** Gradio's widgets: what they show follows the run. */

import { counted } from "./words.js";

const SETTLED = 400; // ms after which Gradio has said what it says of a slider

/**
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Config} config
 * @param {Record<string, import("./page.js").Field>} fields
 */
export function widgets(player, config, fields) {
  let bridged = "", timer = 0, told = "";
  /** @type {Record<string, number>} what words stand for */
  let meant = {};
  player.heard(({ status }) => {
    if (!status?.meant || !Object.keys(status.meant).length || told === (told = JSON.stringify(status.meant))) return;
    meant = status.meant;
    paint();
  });
  const worded = (field) => Boolean(field.zero) && player.settings[field.name] === 0;
  /** Where a slider stands: for a word, at the number that it stands for. */
  const stands = (field) => (worded(field) ? meant[field.name] : undefined) ?? player.settings[field.name];

  /** What they show at the right, how far they are filled, their help. */
  function dress() {
    for (const field of Object.values(fields)) {
      const block = document.getElementById(`set-${field.name}`);
      if (!block) continue;
      if (field.help && !block.title) help(block, field.help);
      /** @type {HTMLInputElement | null} */
      const range = block.querySelector("input[type=range]");
      if (!range) continue;
      const word = worded(field), value = held(field) ? player.settings[field.name] : stands(field);
      const unit = counted(stands(field), field.unit), text = `${plain(stands(field))}${unit ? ` ${unit}` : ""}`;
      const said = word && field.name in meant ? `${field.zero}: ${text}` : field.zero;
      range.setAttribute("aria-valuetext", word ? said : text);
      /** @type {HTMLElement | null} */
      const box = block.querySelector(".tab-like-container");
      if (box) box.dataset.unit = word ? said : field.log ? text : unit;
      block.classList.toggle("word", word);
      const at = field.log ? Math.log(value / field.low) / Math.log(field.high / field.low)
        : (value - field.low) / (field.high - field.low);
      range.style.setProperty("--played", `${at}`);
    }
  }

  function help(block, words) {
    block.title = words;
    if (!block.closest("#tab-settings")) return;
    const made = document.createElement("small");
    made.className = "help";
    made.textContent = words;
    block.append(made);
  }

  /** Whether somebody is at it. */
  const held = ({ name }) => document.getElementById(`set-${name}`)?.contains(document.activeElement) ?? false;

  /** The values of all of them, in their order; one that somebody is at keeps its own. @param {any[]} now */
  const values = (now) => config.widgets.map((name, i) => {
    if (held(fields[name])) return now[i];
    const value = stands(fields[name]);
    return fields[name].log ? Math.log10(value) : value;
  });

  /** A hidden button of Gradio's asks for them. */
  function bridge() {
    const wanted = JSON.stringify(config.widgets.map((name) => stands(fields[name])));
    const button = document.getElementById("bridge");
    if (!button || wanted === bridged) return;
    bridged = wanted;
    clearTimeout(timer);
    timer = window.setTimeout(() => button.click(), 60);
  }

  function paint() {
    dress();
    bridge();
  }
  // Gradio leaves out what comes while it is at an event before: the last place of a slider is looked at once more,
  // and taken where the run stands at another place of the same move, not where something else has set it since
  /** @type {Map<string, Set<number>>} where each slider has been in this move, and where the last one ended */
  const passed = new Map();
  /** @param {Event} event */
  function at({ target }) {
    const range = /** @type {HTMLInputElement} */ (target), field = fields[range.closest?.("[id^=set-]")?.id.slice(4) ?? ""];
    if (!field || range.type !== "range") return null;
    const value = !field.log ? +range.value : field.whole ? Math.round(10 ** +range.value) : +(10 ** +range.value).toPrecision(3);
    return { range, field, left: range.value, value };
  }
  document.addEventListener("input", (event) => {
    const now = at(event);
    if (now) passed.set(now.field.name, (passed.get(now.field.name) ?? new Set()).add(now.value));
  });
  document.addEventListener("change", (event) => {
    const now = at(event);
    if (!now) return;
    const { range, field, left, value } = now;
    setTimeout(() => {
      const places = passed.get(field.name), stood = player.settings[field.name];
      if (range.value !== left) return; // it has been moved on
      passed.set(field.name, new Set([value]));
      if (stood === value || !places?.has(stood)) return;
      field.live ? player.set(field.name, value) : player.again({ [field.name]: value });
    }, SETTLED);
  });
  document.addEventListener("focusout", ({ target }) => {
    if (/** @type {Element} */ (target).closest?.("[id^=set-]")) setTimeout(() => ((bridged = ""), paint())); // it is let go of
  });

  /** Paint until all are there: they arrive one after the other. @param {() => void} paint */
  function follow(paint) {
    const since = performance.now();
    const there = () => config.widgets.every((name) => document.getElementById(`set-${name}`));
    (function again() {
      bridged = "";
      paint();
      if (!there() && performance.now() < since + 10_000) setTimeout(again, 100);
    })();
  }

  return { follow, paint, values };
}

const plain = (value) => +(+value).toPrecision(4);
