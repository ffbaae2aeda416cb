/** One run on one socket: what is asked of it, what is heard of it, and how a page comes back to it. */

import { keeper } from "./kept.js";
import { free } from "./packets.js";
import { packed } from "./record.js";
import { uploads } from "./uploads.js";
import { wire } from "./wire.js";

const GAP = 30; // ms from one wish to the next
const GONE = "The run that was here is gone, and this page has not kept it: it begins again.";

/**
 * @typedef {object} Status what the stage says of a run, up to four times a second
 * @property {string} state loading, running, paused, ended or failed
 * @property {number} [step] the last that was computed
 * @property {number} [rate] steps a second
 * @property {number} [people] runs that share the computer
 * @property {[number, number] | null} [replays] the step it is at and the one it goes back to, where that is far
 * @property {number} [kept] the last step that can be gone back to
 * @property {number} [ends] the last step of all
 * @property {string} [sentence]
 * @property {Record<string, number>} [meant] by setting, the number that its word stands for
 * @property {Record<string, number[]>} [size] width and height by panel
 * @property {Record<string, string>} [said] the panels that are sentences
 * @property {boolean} [unfair] whether the control could not be calibrated
 *
 * @typedef {object} Hello what the stage says once of a run that was opened
 * @property {number} run
 * @property {string} token
 * @property {string} probe
 * @property {string[]} panels
 * @property {Record<string, any>} settings
 * @property {string[]} live
 * @property {{settings?: Record<string, any>}} [twin] that the run's link has
 * @property {{record: Record<string, any>, until: number | null}} [keep] see kept.js
 *
 * @typedef {object} Outage how a run came back
 * @property {number} step that is shown
 * @property {number} seconds without a connection; 0: the page is another
 * @property {boolean} replayed whether it had to be computed again
 * @property {boolean} whole whether all of it came back, and nothing was said against it
 *
 * @typedef {object} Seen a frame as it is drawn
 * @property {number} step
 * @property {boolean} exact
 * @property {{name: string, drawer: import("./drawers.js").Drawer, content: any}[]} parts
 *
 * @typedef {object} Ears all of them may be left out
 * @property {(hello: Hello, fresh: boolean) => void} [hello] fresh: it is another run than before
 * @property {(frame: Seen) => void} [frame] to be drawn now: its parts are freed afterwards
 * @property {(status: Status) => void} [status]
 * @property {(rows: [number, Record<string, any>][]) => void} [numbers]
 * @property {() => void} [settings] they have changed
 * @property {(text: string) => void} [sentence]
 * @property {(text: string, returning: boolean) => void} [refused] what was opened cannot be;
 *   returning: it was to return to a run that is gone and was not kept
 * @property {(message: object) => void} [opened] this was sent to open a run
 * @property {() => void} [up] the socket is there
 * @property {(wait: number) => void} [away] the socket is gone: ms until the next try
 * @property {(how: Outage | null) => void} [back] the run is there again; null: another one is
 * @property {(kind: string, value: any) => void} [other] whatever else is said
 *
 * @typedef {Record<string, any> | (() => Record<string, any> | null)} Wanted what to open, or what
 *   says so when the time has come; null: not now
 *
 * @typedef {ReturnType<typeof run>} Run
 */

/**
 * @param {Ears} on
 * @param {Record<string, any>} [settings] until the stage has said its own
 */
export function run(on, settings = {}) {
  const own = {
    number: 0, token: "", /** @type {string[]} */ panels: [], /** @type {string[]} */ live: [],
    settings: { ...settings }, state: "loading", /** @type {Status} */ status: { state: "loading" },
    step: -1, exact: -1, // the one that is shown, and that if it is without loss
    frames: 0, shown: 0, // drawn; steps that were drawn
    asked: 0, answered: 0, // revisions of the wishes
    opening: true, wordy: false, // every panel is a sentence
    goes: true, // whether it computes, or will once it is back
  };
  /** @type {Wanted | null} */
  let wanted = null;
  /** @type {"" | "run" | "record"} what was asked to come back */
  let returning = "";
  /** @type {{since: number, replayed: boolean, trouble: boolean} | null} until the run is back; since: Date.now(), or 0 */
  let outage = null;
  const kept = keeper();
  let rev = 0, floor = 0, wishing = 0, wishedAt = 0, raf = 0;
  let wishes = {}, unanswered = {};
  /** @type {import("./packets.js").Frame | null} */
  let pending = null;
  const recorded = []; // who waits for the record
  /** @type {Map<string, object>} the last orders of a kind that nobody has answered, in their order */
  const ordered = new Map();
  let linking = false; // it was asked for: there is none before the first step

  const line = wire({
    up() {
      free(pending);
      pending = null;
      own.opening = true;
      floor = 0;
      ask();
      on.up?.();
    },
    down(wait) {
      own.state = "away";
      outage ??= { since: Date.now(), replayed: false, trouble: false };
      wishes = { ...unanswered, ...wishes }; // nobody knows whether they have arrived
      unanswered = {};
      on.away?.(wait);
    },
    text(message) {
      for (const [kind, value] of Object.entries(message)) {
        if (hear[kind]) hear[kind](value, message);
        else on.other?.(kind, value);
      }
    },
    frame(frame) {
      free(pending);
      pending = frame;
      raf ||= requestAnimationFrame(draw);
    },
  });

  // opening

  /**
   * Open what is wanted, or return to a known run; after an outage the same run is come back to.
   * @param {Wanted | null} what
   * @param {{run: number, token: string, kept?: import("./kept.js").Message | null} | null} [known]
   */
  function open(what, known = null) {
    depart();
    wanted = what;
    wishes = {};
    unanswered = {};
    floor = 0;
    outage = null;
    ordered.clear();
    own.opening = own.goes = true;
    own.state = "loading";
    [own.number, own.token] = known ? [known.run, known.token] : [0, ""];
    kept.clear();
    if (known?.kept) kept.take(known.kept);
    if (line.ready()) ask();
    else if (line.left()) line.connect();
  }

  /** Another is opened: who waits for a link of this run gets one of what was kept of it. */
  function depart() {
    const message = recorded.length && own.step >= 0 ? kept.message() : null;
    if (!message) return;
    const waiting = recorded.splice(0);
    packed(message, { ...unanswered, ...wishes }).then((found) => waiting.forEach((answer) => answer(found)));
  }

  function ask() {
    returning = own.number > 0 && own.token !== "" ? "run" : ""; // who follows has no token
    const back = { run: own.number, token: own.token, ...kept.place() };
    const message = returning ? back : typeof wanted === "function" ? wanted() : wanted;
    if (message) send(message);
  }

  /** @param {object} message */
  function send(message) {
    line.send({ open: message });
    on.opened?.(message);
  }

  /** The run is gone: open what was kept of it. Whether there is anything. */
  function replay() {
    const message = kept.message();
    if (!message) return false;
    returning = "record";
    outage ??= { since: 0, replayed: true, trouble: false };
    outage.replayed = true;
    const number = own.number;
    uploads.again(message.record.settings).then(() => own.number === number && returning === "record" && send(message));
    return true;
  }

  /** Come back to nothing after an outage. */
  function forget() {
    wanted = outage = null;
    kept.clear();
    [own.number, own.token, own.step, own.exact] = [0, "", -1, -1];
  }

  function close() {
    forget();
    own.state = "away";
    line.close();
  }

  // hearing

  const hear = {
    /** @param {Hello} hello */
    hello(hello) {
      const fresh = hello.run !== own.number && returning !== "record";
      if (fresh) kept.clear();
      kept.begun(hello.keep);
      own.opening = false;
      if (own.state === "away") own.state = "loading"; // until its status says more
      if (!returning && fresh) over(null);
      if (returning) own.exact = -1; // its picture comes again
      if (returning) ordered.forEach((order) => line.send(order)); // pressed while nobody heard
      returning = "";
      [own.number, own.token, own.panels, own.live] = [hello.run, hello.token, hello.panels, hello.live];
      if (fresh) own.step = own.exact = -1, floor = 0; // whoever is followed has gone on to it
      Object.assign(own.settings, hello.settings, wishes);
      if (Object.keys(wishes).length) wish();
      linking = false;
      if (!fresh) link();
      on.hello?.(hello, fresh);
    },
    status(status) {
      own.status = status;
      own.state = status.state;
      own.goes = ["running", "loading"].includes(own.state);
      if (!own.opening) ordered.clear();
      own.wordy = own.panels.length > 0 && own.panels.every((name) => name in (status.said ?? {}));
      if (own.wordy && !status.replays) { // no frame will come
        own.step = own.exact = status.step ?? -1;
        kept.shown(own.step);
        back();
      }
      kept.stands(status);
      on.status?.(status);
    },
    numbers(rows) {
      link();
      on.numbers?.(rows);
    },
    /** An echo of what was wished before the last wish is out of date. */
    now(settings, { rev: answered }) {
      own.answered = answered;
      if (answered < floor) return;
      unanswered = {};
      Object.assign(own.settings, settings, wishes);
      on.settings?.();
    },
    rev() {}, // read with `now`
    sentence(text) {
      if (returning === "run" && replay()) return;
      if (outage) outage.trouble = true;
      if (!own.opening) return on.sentence?.(text);
      const was = returning;
      if (was) {
        over(null);
        kept.clear();
        [own.number, own.token, returning] = [0, "", ""];
      }
      (on.refused ?? on.sentence)?.(was === "run" ? GONE : text, was !== "");
    },
    /** Every row that steers the run, as it is read. */
    tape(told) {
      if (!kept.tape(told)) line.send({ do: "tape" });
    },
    branches(told) {
      kept.tree(told);
      on.other?.("branches", told);
    },
    link(link, { copyable }) {
      linking = false;
      for (const answer of recorded.splice(0)) answer({ link, copyable });
    },
    copyable() {}, // read with `link`
  };

  // wishing

  /** Change live settings; several wishes of a moment are one. @param {Record<string, any>} changes */
  function set(changes) {
    Object.assign(own.settings, changes);
    Object.assign(wishes, changes);
    wishing ||= window.setTimeout(wish, performance.now() - wishedAt > GAP ? 0 : GAP);
  }

  function wish() {
    clearTimeout(wishing);
    wishing = 0;
    if (own.opening || !line.ready() || !Object.keys(wishes).length) return; // the hello sends them
    wishedAt = performance.now();
    floor = own.asked = ++rev;
    line.send({ rev, set: wishes });
    Object.assign(unanswered, wishes);
    wishes = {};
  }

  /** What the run still says of its settings is over: another begins in a moment. */
  function deaf() {
    floor = Infinity;
    wishes = {};
  }

  /** Give an order; one that nobody hears is given again once the run is back. @param {string} what @param {object} [more] */
  function doing(what, more = {}) {
    const order = { do: what, ...more }, kind = { play: "goes", pause: "goes", seek: "seek" }[what];
    if (kind) ordered.delete(kind), ordered.set(kind, order);
    if (own.state === "away" && kind === "goes") own.goes = what === "play";
    return line.send(order);
  }
  /** @param {string} action @param {object} [values] */
  const act = (action, values = {}) => line.send({ act: { action, ...values } });
  /** @param {string} what */
  const measure = (what) => line.send({ measure: what });

  /** What replays the run up to now. @returns {Promise<{link: string, copyable: boolean}>} */
  function record() {
    return new Promise((answer) => {
      recorded.push(answer);
      if (own.step >= 0 && !own.opening) link();
    });
  }

  function link() {
    if (!recorded.length || linking) return;
    linking = line.send({ do: "link" });
  }

  /** An address of the run beside the socket. @param {string} what @param {object} [more] */
  function address(what, more = {}) {
    return `/run/${own.number}/${what}?${new URLSearchParams({ token: own.token, ...more })}`;
  }

  // seeing

  /** The run is seen again after an outage. */
  function back() {
    if (!outage || own.opening) return;
    const { since, replayed, trouble } = outage;
    over({ step: own.step, seconds: since && (Date.now() - since) / 1000, replayed, whole: kept.whole && !trouble });
  }

  /** @param {Outage | null} how */
  function over(how) {
    outage = null;
    on.back?.(how);
  }

  function draw() {
    raf = 0;
    const frame = pending;
    pending = null;
    if (!frame) return;
    if (frame.run === own.number && !own.opening) {
      if (frame.step !== own.step) own.shown += 1;
      own.frames += 1;
      own.step = frame.step;
      own.exact = frame.exact ? frame.step : -1;
      kept.shown(frame.step);
      link();
      const parts = frame.parts.map(({ panel, ...part }) => ({ name: own.panels[panel], ...part }));
      on.frame?.({ step: frame.step, exact: frame.exact, parts });
      back();
    }
    free(frame);
    line.send({ ack: frame.sequence });
  }

  return Object.seal(Object.assign(own, {
    open, close, forget, set, deaf, do: doing, act, measure, record, address, ready: line.ready,
    kept: kept.message, say: line.send,
  }));
}
