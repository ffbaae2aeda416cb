/** One socket to the stage: wishes out, frames and words in. It comes back by itself. */

const FIRST = 500, LONGEST = 8000; // ms until the next try

/** `on`: up(), down(ms until the next try), text(message), frame(picture). Not yet connected. */
export function wire(on) {
  let socket, wait = FIRST, timer = 0, parts = [], done = 0, left = true;

  function connect() {
    clearTimeout(timer);
    left = false;
    socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      wait = FIRST;
      parts = [];
      done = 0;
      on.up();
      if (document.hidden) send({ hidden: true });
    };
    socket.onmessage = ({ data }) =>
      typeof data === "string" ? on.text(JSON.parse(data)) : arrived(data);
    socket.onclose = () => {
      if (left) return;
      on.down(wait);
      timer = setTimeout(connect, wait);
      wait = Math.min(LONGEST, 2 * wait);
    };
  }

  /** Leave for good; `connect` comes back. */
  function close() {
    left = true;
    clearTimeout(timer);
    socket?.close();
  }

  function send(message) {
    const open = socket?.readyState === WebSocket.OPEN;
    if (open) socket.send(JSON.stringify(message));
    return open;
  }

  /** The panels of one step are decoded together and given on together, never out of order. */
  function arrived(data) {
    const head = new DataView(data);
    if (head.getUint8(0) !== 1) return;
    const type = head.getUint8(2) ? "image/png" : "image/jpeg";
    const blob = new Blob([new Uint8Array(data, 16)], { type });
    parts.push({ panel: head.getUint8(1), bitmap: createImageBitmap(blob).catch(() => null) });
    if (!(head.getUint8(3) & 1)) return;
    const picture = {
      exact: head.getUint8(2) === 1,
      run: head.getUint32(4, true),
      step: head.getUint32(8, true),
      sequence: head.getUint32(12, true),
    };
    const these = parts;
    parts = [];
    Promise.all(these.map((part) => part.bitmap)).then((bitmaps) => {
      picture.panels = these.map((part, i) => [part.panel, bitmaps[i]]).filter(([, b]) => b);
      if (picture.sequence > done) {
        done = picture.sequence;
        on.frame(picture);
      } else picture.panels.forEach(([, bitmap]) => bitmap.close());
    });
  }

  document.addEventListener("visibilitychange", () => send({ hidden: document.hidden }));
  addEventListener("pageshow", (event) => event.persisted && !left && connect());
  return { close, connect, send, ready: () => socket?.readyState === WebSocket.OPEN };
}
