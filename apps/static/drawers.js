/**
 * What a panel may be: each kind is read from the wire, and drawn on a canvas, by a drawer of its own.
 * Another kind is a module that exports a Drawer, and one more entry in DRAWERS.
 */

import { marks } from "./marks.js";
import { jpeg, png } from "./picture.js";

/**
 * @typedef {object} Drawer
 * @property {boolean} exact whether what it draws is without loss
 * @property {(data: ArrayBuffer, from: number) => any} read the content of a message, or a promise of it
 * @property {(canvas: HTMLCanvasElement, content: any, how?: {under?: boolean, over?: boolean}) => void} draw
 *   under: something else is drawn over it; over: it lies on what is there
 * @property {(content: any) => number} shape width over height
 * @property {(content: any) => void} [free] let go of what it holds; without one it may be drawn again
 * @property {(content: any) => string} [over] the panel that it lies on
 * @property {(content: any) => string} [sentence] what it shows, in words
 * @property {(content: any) => Legend | null} [legend] a word for all that it draws
 *
 * @typedef {{colour: string, word: string}} Legend the name of a colour, and what it stands for
 */

/** @type {Drawer[]} by the encoding of a message */
export const DRAWERS = [jpeg, png, marks];

/**
 * Draws the panels of a run's frames on canvases by name.
 * @param {Record<string, HTMLCanvasElement>} canvases may grow and shrink
 * @param {object} [on]
 * @param {(canvas: HTMLCanvasElement, shape: number) => void} [on.shaped] before it is drawn
 * @param {(canvas: HTMLCanvasElement, name: string, sentence: string, legend: Legend[]) => void} [on.said]
 *   a panel's words have changed
 */
export function screen(canvases, on = {}) {
  const kept = new Map(); // name -> {part, step}: what may be drawn again
  const said = new WeakMap(); // canvas -> the words of what it shows
  const watched = new WeakSet(); // canvases whose size matters
  const sized = new ResizeObserver((entries) => entries.forEach(({ target }) => again(target)));
  const lit = new MutationObserver(() => again());
  lit.observe(document.documentElement, { attributeFilter: ["data-theme"] });

  /** @param {import("./run.js").Seen} frame */
  function draw({ step, parts }) {
    for (const part of parts) if (!part.drawer.free) kept.set(part.name, { part, step });
    const laid = layers(step, parts);
    for (const part of parts) {
      const canvas = canvases[part.name];
      if (part.drawer.over?.(part.content) || !canvas) continue;
      const above = laid.get(part.name) ?? [];
      on.shaped?.(canvas, part.drawer.shape(part.content));
      part.drawer.draw(canvas, part.content, { under: above.length > 0 });
      for (const one of above) one.drawer.draw(canvas, one.content, { over: true });
      canvas.classList.toggle("of-marks", !part.drawer.free);
      say(canvas, part.name, [part, ...above]);
      if (!part.drawer.free && !watched.has(canvas)) watched.add(canvas), sized.observe(canvas);
    }
  }

  /** What lies on which panel; at rest a picture may come again without its marks. */
  function layers(step, parts) {
    const found = new Map(), here = new Set(parts.map(({ name }) => name));
    const late = [...kept.values()].filter((one) => one.step === step && !here.has(one.part.name)).map(({ part }) => part);
    for (const part of [...parts, ...late]) {
      const over = part.drawer.over?.(part.content);
      if (over) found.set(over, [...(found.get(over) ?? []), part]);
    }
    return found;
  }

  function say(canvas, name, parts) {
    const words = parts.map(({ drawer, content }) => drawer.sentence?.(content)).filter(Boolean).join(" ");
    if (words === (said.get(canvas) ?? "")) return;
    said.set(canvas, words);
    words ? canvas.setAttribute("aria-description", words) : canvas.removeAttribute("aria-description");
    const legend = parts.map(({ drawer, content }) => drawer.legend?.(content)).filter(Boolean);
    on.said?.(canvas, name, words, legend);
  }

  /** Of another size, or in another light. @param {EventTarget} [only] */
  function again(only) {
    for (const [name, { part }] of kept) {
      const canvas = canvases[name];
      if (!canvas || part.drawer.over?.(part.content) || (only && canvas !== only)) continue;
      part.drawer.draw(canvas, part.content, {});
      for (const one of layers(kept.get(name).step, []).get(name) ?? []) one.drawer.draw(canvas, one.content, { over: true });
    }
  }

  /** Another run begins. */
  function clear() {
    kept.clear();
  }

  return { draw, clear };
}

/** What one canvas shows, on another. @param {HTMLCanvasElement} from @param {HTMLCanvasElement} to */
export function copy(from, to) {
  if (from.width < 2) return;
  [to.width, to.height] = [from.width, from.height];
  to.getContext("2d").drawImage(from, 0, 0);
}
