/** What the client finds in a browser, as far as its logic asks: a socket, pictures, turns of drawing. */

import { mock } from "node:test";

export class Socket {
  static OPEN = 1;
  static all = [];
  readyState = 0;
  sent = [];

  constructor(address) {
    this.address = address;
    Socket.all.push(this);
  }
  send(text) { this.sent.push(JSON.parse(text)); }
  close(code) {
    this.code = code;
    this.break();
  }

  // what the stage does
  up() {
    this.readyState = Socket.OPEN;
    this.onopen();
  }
  say(message) { this.onmessage({ data: JSON.stringify(message) }); }
  show(data) { this.onmessage({ data }); }
  break() {
    this.readyState = 3;
    this.onclose?.();
  }
  /** What was sent since the last look, of one kind. */
  took(kind) {
    const found = this.sent.filter((message) => kind in message);
    this.sent = this.sent.filter((message) => !(kind in message));
    return found;
  }
}

let turns = [], heard = {};
export const bitmaps = { made: [], late: new Map() }; // late: first byte -> a promise to wait for

/** A new world; timers stand still until they are ticked. */
export function world() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  Socket.all = [];
  turns = [];
  heard = {};
  bitmaps.made = [];
  bitmaps.late.clear();
  Object.assign(globalThis, {
    window: globalThis,
    WebSocket: Socket,
    location: { origin: "http://lab" },
    document: { hidden: false, addEventListener: (kind, does) => (heard[kind] = does) },
    addEventListener: (kind, does) => (heard[kind] = does),
    fetch: async () => ({ ok: true, json: async () => ({ runs: 0 }) }),
    requestAnimationFrame: (draw) => turns.push(draw),
    async createImageBitmap(blob) {
      const [first] = new Uint8Array(await blob.arrayBuffer());
      await bitmaps.late.get(first);
      if (first === 255) throw new Error("damaged");
      const bitmap = { width: 4, height: 4, first, closed: false, close() { this.closed = true; } };
      bitmaps.made.push(bitmap);
      return bitmap;
    },
  });
}

/** Something happens to the page. */
export const happens = (kind, event = {}) => heard[kind](event);

/** Let promises come to rest, and draw. */
export async function turn() {
  for (let i = 0; i < 20; i += 1) await new Promise((done) => setImmediate(done));
  for (const draw of turns.splice(0)) draw();
}

export const tick = (ms) => mock.timers.tick(ms);
export const socket = () => Socket.all.at(-1);

/** A message of one panel. */
export function packet({ panel = 0, encoding = 0, last = true, run = 7, step = 0, sequence = 1, payload = [1] }) {
  const data = new ArrayBuffer(16 + (payload.byteLength ?? payload.length)), head = new DataView(data);
  [1, panel, encoding, +last].forEach((byte, i) => head.setUint8(i, byte));
  [run, step, sequence].forEach((value, i) => head.setUint32(4 + 4 * i, value, true));
  new Uint8Array(data, 16).set(payload instanceof ArrayBuffer ? new Uint8Array(payload) : payload);
  return data;
}

/** Marks as the stage sends them. */
export function marked({ form = "points", shape = [2, 2], values = [0, 0, 1, 1], classes = null, names = [], over = "", low = 0, high = 1 }) {
  let text = JSON.stringify({ form, shape, classes: Boolean(classes), names, over, low, high });
  while (new TextEncoder().encode(text).length % 4) text += " ";
  const said = new TextEncoder().encode(text), data = new ArrayBuffer(4 + said.length + 4 * values.length + 4 * (classes?.length ?? 0));
  new DataView(data).setUint32(0, said.length, true);
  new Uint8Array(data, 4, said.length).set(said);
  new Float32Array(data, 4 + said.length, values.length).set(values);
  if (classes) new Int32Array(data, 4 + said.length + 4 * values.length).set(classes);
  return data;
}
