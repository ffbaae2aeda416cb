/** One socket to the stage: messages out, frames and words in. It comes back by itself. */

import { packets } from "./packets.js";

const FIRST = 250, LONGEST = 1000; // ms until the next try: a lab that is there again is found within a second
const TICK = 500, SILENT = 6; // ms; ticks without a word until nobody is there: the stage speaks each second
const DOUBT = 2; // ticks that count as silent at once where the page was out of sight
const SLOWEST = 32_000, PATIENCE = 60; // bytes a tick of something large that comes slowly; ticks at most
const LEFT = 1000, SILENCE = 4000; // how it is closed: for good, and because nothing was heard

/** Whether the lab is there, and open. */
async function answers() {
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(TICK * SILENT) });
    return "runs" in (await answer.json()); // else it is still opening
  } catch { return false; }
}

/**
 * Not yet connected.
 * @param {object} on
 * @param {() => void} on.up
 * @param {(wait: number) => void} on.down with the ms until the next try
 * @param {(message: Record<string, any>) => void} on.text
 * @param {(frame: import("./packets.js").Frame) => void} on.frame
 */
export function wire(on) {
  /** @type {WebSocket | undefined} */
  let socket;
  let wait = FIRST, timer = 0, ticker = 0, left = true, taken = packets(on.frame);
  // Chromium holds sockets back for seconds after many that failed, and fetches it does not:
  // once one has failed, the lab is asked by fetch until it answers.
  let failed = false, asking = 0, asked = 0;
  let silent = 0; // ticks of this page's own without a word: a page that sleeps counts none

  function connect() {
    clearTimeout(timer);
    timer = 0;
    left = false;
    drop(SILENCE);
    taken = packets(on.frame);
    silent = 0;
    ticker ||= window.setInterval(tick, TICK);
    if (!failed) return dial();
    const mine = (asking = ++asked);
    answers().then((there) => {
      if (mine !== asking || left || socket) return;
      asking = 0;
      there ? dial() : lost();
    });
  }

  function dial() {
    const mine = (socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws"));
    mine.binaryType = "arraybuffer";
    failed = true; // until it is there
    mine.onopen = () => {
      failed = false;
      silent = 0;
      on.up();
      if (document.hidden) send({ hidden: true });
    };
    mine.onmessage = ({ data }) => {
      silent = 0;
      if (typeof data !== "string") return taken.take(data);
      const message = JSON.parse(data);
      if (!message.sentence) wait = FIRST; // else it may be all that a full lab says
      if (message.coming) silent = -Math.min(PATIENCE, Math.ceil(message.coming / SLOWEST));
      else if (!message.beat) on.text(message);
    };
    mine.onclose = () => lost();
  }

  /** Hear nothing more of a socket; one that is silent may take long to close. @param {number} code */
  function drop(code) {
    const old = socket;
    asking = 0;
    taken.stop();
    socket = undefined;
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = null;
    old.close(code);
  }

  /** The socket is gone, or there was none: try again. @param {number} [soon] ms */
  function lost(soon = wait) {
    drop(SILENCE);
    on.down(soon);
    clearTimeout(timer);
    timer = window.setTimeout(connect, soon);
    if (soon) wait = Math.min(LONGEST, 2 * wait);
  }

  function tick() {
    if (timer || asking || ++silent < SILENT) return;
    lost(ready() ? 0 : wait); // it was there: at once; it never came: as after any try
  }

  /** Something has changed: it may be there again, or have gone unnoticed. */
  function look() {
    if (left) return;
    if (timer) connect();
    else if (ready()) silent = Math.max(silent, DOUBT);
  }

  /** Leave for good; `connect` comes back. */
  function close() {
    left = true;
    clearTimeout(timer);
    clearInterval(ticker);
    timer = ticker = 0;
    drop(LEFT);
  }

  const ready = () => socket?.readyState === WebSocket.OPEN;

  /** @param {object} message @returns {boolean} whether it was sent */
  function send(message) {
    if (ready()) socket.send(JSON.stringify(message));
    return ready();
  }

  document.addEventListener("visibilitychange", () => {
    send({ hidden: document.hidden });
    if (!document.hidden) look();
  });
  addEventListener("online", look);
  addEventListener("pageshow", (event) => (event.persisted ? left || connect() : look()));
  return { close, connect, send, ready, left: () => left };
}
