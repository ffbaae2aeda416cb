/** What the page Latents adds: what edits do to each other, beside the buttons that lock. */

import { plain } from "./set.js";

const PANELS = { cosines: "cosines of the normals", leakage: "leakage, free", "locked leakage": "leakage, locks held" };
const MARKUP = `<div class="rows" role="group" aria-label="Lock"></div>${Object.entries(PANELS).map(([name, words]) => `
  <figure><div class="cells"><canvas width="1" height="1" role="img" tabindex="0" aria-label="${words}" data-grid="${name}"></canvas><i hidden></i></div><figcaption>${words}</figcaption></figure>`).join("")}
  <p class="read" aria-live="polite"></p>`;

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

/** What one cell says, in words. @param {string[]} names @param {Record<string, Float32Array>} values @param {number} i @param {number} j */
export function cell(names, values, i, j) {
  const [of, by] = [plain(names[j]), plain(names[i])], at = i * names.length + j;
  const change = `${signed(values.leakage[at])}, with the locks held ${signed(values["locked leakage"][at])}`;
  if (i === j) return `An edit of ${by} by 1 moves it by ${change}`;
  return `An edit of ${by} by 1 moves ${of} by ${change}; cosine ${signed(values.cosines[at])}`;
}

/** @type {import("./page.js").Extension} */
export function extension(player) {
  const block = document.createElement("div");
  block.className = "leaks";
  block.innerHTML = MARKUP;
  const rows = block.querySelector(".rows"), read = block.querySelector(".read");
  const canvases = /** @type {HTMLCanvasElement[]} */ ([...block.querySelectorAll("canvas")]);
  for (const canvas of canvases) player.claim(canvas.dataset.grid, canvas);

  /** @type {string[]} */
  let names = [];
  /** @type {Record<string, Float32Array>} */
  const values = {};
  let at = /** @type {[number, number] | null} */ (null), count = 0;

  function put() {
    const group = document.querySelector('[data-set="hold"]');
    if (group && !group.contains(block)) group.querySelector(".named").after(block);
  }

  /** A button for each row, which locks it; what is edited has none. */
  function name(found) {
    if (found.join() === names.join()) return;
    names = found;
    at = null;
    const { hold } = player.settings, { every } = player.config.fields.find((field) => field.name === "hold");
    const focused = /** @type {HTMLElement} */ (document.activeElement)?.dataset?.one;
    rows.replaceChildren(...names.map((one, i) => {
      const made = document.createElement(i ? "button" : "span");
      made.textContent = plain(one);
      if (i) {
        Object.assign(made, { type: "button", title: `Lock ${plain(one)}` }).dataset.one = one;
        made.setAttribute("aria-pressed", `${hold.includes(one) || hold.includes(every)}`); // until the settings are told again
      }
      return made;
    }));
    if (rows.contains(document.activeElement) || !focused) return paint();
    /** @type {HTMLElement | null} */ (rows.querySelector(`[data-one="${CSS.escape(focused)}"]`))?.focus();
    paint();
  }

  function paint() {
    const whole = names.length && Object.keys(PANELS).every((panel) => values[panel]?.length === names.length ** 2);
    for (const mark of /** @type {NodeListOf<HTMLElement>} */ (block.querySelectorAll("i"))) {
      mark.hidden = !at || !whole;
      if (at) mark.style.cssText = `top: ${(100 * at[0]) / names.length}%; left: ${(100 * at[1]) / names.length}%; width: ${100 / names.length}%; height: ${100 / names.length}%`;
    }
    const measured = player.chart.at(player.step, "measured") ?? count, said = at && whole ? `${cell(names, values, ...at)}.` : "Rows are edited, columns move: point at a cell.";
    count = measured;
    const text = `${said} Measured on the pictures of ${measured} critters.`;
    if (read.textContent !== text) read.textContent = text;
  }

  for (const canvas of canvases) {
    const point = ({ offsetX, offsetY }) => {
      const held = (share) => Math.max(0, Math.min(names.length - 1, Math.floor(share * names.length)));
      at = [held(offsetY / canvas.clientHeight), held(offsetX / canvas.clientWidth)];
      paint();
    };
    canvas.addEventListener("pointermove", point);
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!by || !names.length) return;
      event.preventDefault();
      event.stopPropagation();
      const n = names.length, [i, j] = at ?? [0, 0];
      at = [(i + by[0] + n) % n, (j + by[1] + n) % n];
      paint();
    });
  }

  player.heard(({ parts, status, seen, settings }) => {
    if (status) put();
    let mine = false;
    for (const { name: panel, content } of parts ?? []) {
      if (!(panel in PANELS)) continue;
      mine = true;
      values[panel] = content.values;
      name(content.names);
    }
    if (mine || seen !== undefined || settings) paint();
  });
  put();
}
