/** One socket to the stage: messages out, frames and words in. It comes back by itself. */

import { packets } from "./packets.js";

const FIRST = 500, LONGEST = 8000; // ms until the next try

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
  let wait = FIRST, timer = 0, left = true, taken = packets(on.frame);

  function connect() {
    clearTimeout(timer);
    left = false;
    taken.stop();
    taken = packets(on.frame);
    const mine = (socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws"));
    mine.binaryType = "arraybuffer";
    mine.onopen = () => {
      wait = FIRST;
      on.up();
      if (document.hidden) send({ hidden: true });
    };
    mine.onmessage = ({ data }) => (typeof data === "string" ? on.text(JSON.parse(data)) : taken.take(data));
    mine.onclose = () => {
      if (left || mine !== socket) return;
      on.down(wait);
      timer = window.setTimeout(connect, wait);
      wait = Math.min(LONGEST, 2 * wait);
    };
  }

  /** Leave for good; `connect` comes back. */
  function close() {
    left = true;
    clearTimeout(timer);
    taken.stop();
    socket?.close();
  }

  const ready = () => socket?.readyState === WebSocket.OPEN;

  /** @param {object} message @returns {boolean} whether it was sent */
  function send(message) {
    if (ready()) socket.send(JSON.stringify(message));
    return ready();
  }

  document.addEventListener("visibilitychange", () => send({ hidden: document.hidden }));
  addEventListener("pageshow", (event) => event.persisted && !left && connect());
  return { close, connect, send, ready, left: () => left };
}
