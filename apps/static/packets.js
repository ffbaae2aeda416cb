/** Binary messages of the stage: a panel each, those of one step together. */

import { DRAWERS } from "./drawers.js";

const HEADER = 16, VERSION = 1, LAST = 1; // bytes; flag: no other panel of this step follows

/**
 * @typedef {object} Part a panel of a frame
 * @property {number} panel its place among the run's panels
 * @property {import("./drawers.js").Drawer} drawer
 * @property {any} content as the drawer has read it
 *
 * @typedef {object} Frame the panels of one step
 * @property {number} run
 * @property {number} step
 * @property {number} sequence of its last message
 * @property {boolean} exact whether every panel is without loss
 * @property {Part[]} parts in the order of the panels
 */

/** @param {ArrayBuffer} data */
export function header(data) {
  const head = new DataView(data);
  if (data.byteLength < HEADER || head.getUint8(0) !== VERSION) return null;
  return {
    panel: head.getUint8(1),
    drawer: DRAWERS[head.getUint8(2)],
    last: Boolean(head.getUint8(3) & LAST),
    run: head.getUint32(4, true),
    step: head.getUint32(8, true),
    sequence: head.getUint32(12, true),
  };
}

/** Let go of what a frame holds. @param {Frame | null} frame */
export function free(frame) {
  for (const { drawer, content } of frame?.parts ?? []) drawer.free?.(content);
}

/**
 * Takes the messages of one socket and gives on whole frames, never an older one after a newer.
 * @param {(frame: Frame) => void} show
 */
export function packets(show) {
  let parts = [], done = 0;

  /** @param {ArrayBuffer} data */
  function take(data) {
    const head = header(data);
    if (!head) return;
    if (head.drawer) parts.push({ ...head, content: read(head.drawer, data) });
    if (!head.last) return;
    const { run, step, sequence } = head, these = parts;
    parts = [];
    Promise.all(these.map(({ content }) => content)).then((contents) => {
      const whole = these.map(({ panel, drawer }, i) => ({ panel, drawer, content: contents[i] }))
        .filter(({ content }) => content != null);
      const frame = { run, step, sequence, exact: these.every(({ drawer }) => drawer.exact), parts: whole };
      if (sequence <= done) return free(frame);
      done = sequence;
      show(frame);
    });
  }

  /** The socket is gone: what is still being read is of no use. */
  function stop() {
    done = Infinity;
    parts = [];
  }

  return { take, stop };
}

/** What is damaged is left out. */
async function read(drawer, data) {
  try {
    return await drawer.read(data, HEADER);
  } catch { return null; }
}
