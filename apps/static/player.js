/** The player: pictures, bar, time line, curve and sentences of one run. */

import { curve } from "./curve.js";
import { copy, screen } from "./drawers.js";
import { outage } from "./outage.js";
import { run as opened } from "./run.js";
import { timeline } from "./timeline.js";
import { voice } from "./voice.js";
import { shared, typeset } from "./words.js";

const icon = (path) => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`;
const PAUSE = "M4 3h3v10H4zM9 3h3v10H9z", PLAY = "M4 2.5v11l9-5.5z";
const button = (name, path, text, title) =>
  `<button type="button" class="${name}" title="${title}">${icon(path)}<span>${text}</span></button>`;

const FLAT = 1.6; // width over height of a picture that a control in its corner would hide on a phone
const SIDE = 216, LINE = 26, ROW = 162; // px: what stands beside a picture, below it, and both below it

const MARKUP = `
<div class="fold">
<div class="views">
  <figure class="main">
    <div class="frame">
      <canvas class="picture" width="1" height="1" role="img" aria-label="The moving picture"></canvas>
      <button type="button" class="begin" hidden>${icon(PLAY)}<span>Play</span></button>
      <p class="notice" role="alert" hidden></p>
    </div>
    <figcaption><b class="step"><i></i><span>Loading</span></b><span class="same"></span><span class="legend"></span><span class="size"></span></figcaption>
  </figure>
  <div class="beside">
    <figure class="other">
      <canvas class="control" width="1" height="1" role="img" aria-label="The control"></canvas>
      <figcaption><b>Control</b><span>: <span class="how"></span></span></figcaption>
    </figure>
    <div class="curve"></div>
  </div>
</div>
<div class="bar" role="group" aria-label="Player">
  ${button("play", PAUSE, "Pause", "Pause or play (space)")}
  ${button("one", "M3 3v10l6-5zM10.5 3h2v10h-2z", "Step", "One step (right arrow)")}
  <input class="time" type="range" min="0" max="1" value="0" step="1" aria-label="Time line">
  ${button("twin-open", "M2 3h5v10H2zM9 3h5v10H9z", "Twin", "Show the same beside it, with one setting changed")}
  ${button("again", "M8 3a5 5 0 1 1-4.6 3l1.4.6A3.5 3.5 0 1 0 8 4.5V7L4 3.8 8 .6z", "Again", "Start again with the settings of now")}
  ${button("link", "M6 9.2 9.2 6M7 4.5l1.3-1.3a2.7 2.7 0 0 1 3.9 3.9L11 8.3M9 11.5l-1.300 1.300a2.700 2.700 0 0 1-3.900-3.900L5 7.700", "Link", "Copy a link that plays this again")}
  ${button("save", "M7 2h2v6h2.500L8 11.500 4.500 8H7zM3 12.500h10V14H3z", "Save", "Save a PNG with its settings inside")}
</div>
<div class="says"><p class="caption"><span class="seen"></span> <span class="limits"></span></p>
<nav class="jumps" aria-label="Below"></nav></div>
</div>
<div class="under"></div>
<p class="unseen spoken" aria-live="polite"></p>`;

/**
 * @typedef {object} Told what a listener hears: one of these at a time, `fresh` beside `hello`
 * @property {import("./run.js").Hello} [hello] a run is there
 * @property {boolean} [fresh] it is another one than before
 * @property {import("./run.js").Hello} [elsewhere] the link was one of another page
 * @property {import("./run.js").Status} [status]
 * @property {Record<string, any>} [settings] those of now, after any change
 * @property {number} [seen] the step whose picture or numbers have just been shown
 * @property {import("./run.js").Seen["parts"]} [parts] the panels of that step, where they are new
 * @property {number} [preset] the one that was chosen, or -1
 * @property {{now: number, all: {branch: number, parent: number, leaves: number, kept: number, name: string}[], prices: Record<number, Record<string, number>>}} [branches]
 * @property {Record<string, any>} [beside] what is to be shown beside it, with its `name`
 * @property {string} [name]
 * @property {string} [sentence]
 * @property {{link: string, copyable: boolean}} [shared] a link was asked for
 * @property {{canvas: HTMLCanvasElement, name: string, sentence: string}} [words] what a panel shows, where that is said
 * @property {any} [survival]
 * @property {any} [room] of the room that this page leads
 *
 * @typedef {ReturnType<typeof player>} Player what extensions and everything beside the player get
 */

/**
 * A player whose element is not in the page yet, so that it can start before anything else is there.
 * @param {import("./page.js").Config} config
 */
export function player(config) {
  const element = document.createElement("div");
  element.className = config.small ? "player small" : "player";
  element.innerHTML = MARKUP;
  /** @type {(name: string) => any} */
  const $ = (name) => element.querySelector(`.${name}`);
  const main = $("picture");
  /** @type {Record<string, HTMLCanvasElement>} */
  const canvases = { picture: main, control: $("control") };
  const chart = curve($("curve"));
  const { notice, quiet, say } = voice($("notice"), $("spoken"));
  const connection = outage($("frame"), say);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches, phone = matchMedia("(max-width: 760px)");
  /** @type {((told: Told) => void)[]} */
  const listeners = [];
  /** @param {Told} what */
  const tell = (what) => listeners.forEach((listener) => listener(what));
  let preset = null, ratio = 0, aim = null, seeking = 0, first = "picture";
  let retried = false; // the page's own start was tried in place of what could not be
  let started = { ...config.defaults }, lastSet = null, firstAt = 0, chosen = -1;

  const shown = screen(canvases, {
    shaped(canvas, shape) {
      if (canvas.dataset.more || (ratio && Math.abs(shape / ratio - 1) <= 0.08)) return; // octaves round to 16 px: no jumping
      ratio = shape;
      element.style.setProperty("--ratio", ratio.toFixed(4));
      arrange();
    },
    said(canvas, name, sentence, legend) {
      if (canvas === main) $("legend").replaceChildren(...legend.map(coloured));
      tell({ words: { canvas, name, sentence } });
    },
  });

  /** Control and curve stand beside the picture, or below it where it becomes larger so. */
  function arrange() {
    const { clientWidth: width, clientHeight: height } = $("views");
    const two = element.classList.contains("paired") ? 2 : 1;
    const beside = Math.min((width - SIDE) / two, (height - LINE) * ratio), above = Math.min(width / two, (height - ROW) * ratio);
    element.classList.toggle("flat", phone.matches && ratio > FLAT);
    element.classList.toggle("wide", !phone.matches && ratio > 0 && above > 1.05 * beside);
  }
  new ResizeObserver(arrange).observe($("views")); // a twin changes its height

  /** @param {import("./drawers.js").Legend} one */
  function coloured({ colour, word }) {
    const made = document.createElement("span");
    made.style.setProperty("--of", `var(--${colour})`);
    made.textContent = typeset(word);
    return made;
  }

  // the run

  const run = opened({
    opened(message) {
      const rests = "run" in message || "record" in message || ("link" in message && run.frames); // where it was, or where the link ends
      if (still && !rests) run.do("pause"); // one frame is shown, and Play stands over it
    },
    away() {
      connection.away(run.number > 0);
      paintState();
    },
    back: connection.back,
    hello(hello, fresh) {
      if (hello.probe !== config.probe) return run.close(), tell({ elsewhere: hello });
      retried = false;
      if (fresh) {
        started = { ...hello.settings };
        chart.clear();
        shown.clear();
        lanes.begin();
      }
      place(hello.panels);
      element.classList.toggle("alone", hello.panels.length > 0 && !hello.panels.includes("control"));
      tell({ settings: run.settings });
      tell({ hello, fresh });
    },
    frame(frame) {
      shown.draw(frame);
      firstAt ||= performance.now();
      if (frame.step === aim && !seeking) aim = null;
      element.classList.add("started");
      chart.draw(frame.step);
      paintStep();
      tell({ seen: frame.step, parts: frame.parts });
    },
    status(status) {
      element.classList.toggle("wordy", run.wordy);
      if (run.wordy) chart.draw(run.step);
      if (status.state === "running" && !seeking) aim = null;
      chart.upTo(status.kept);
      connection.stands(status);
      paintState();
      tell({ status });
    },
    numbers(rows) {
      rows.forEach(([step, values]) => chart.add(step, values));
      chart.draw(run.step);
      tell({ seen: run.step });
    },
    settings: () => tell({ settings: run.settings }),
    sentence(text) {
      notice(text);
      tell({ sentence: text });
    },
    refused(text, returning) {
      notice(text);
      if (returning) start(run.settings);
      else if (!retried) retried = true, start({ ...config.start });
      tell({ sentence: text });
    },
    other(kind, value) {
      if (kind === "branches") lanes.branches(value);
      tell({ [kind]: value });
    },
  }, config.defaults);

  /** The first panel has the large place, whatever it is called. @param {string[]} panels */
  function place(panels) {
    if (canvases[first] === main) delete canvases[first];
    first = panels.includes("picture") || !panels.length ? "picture" : panels[0];
    canvases[first] = main;
  }

  // what is asked for

  /**
   * Open settings, a link or a run.
   * @param {{settings?: Record<string, any>, link?: string, run?: number, token?: string,
   *   kept?: import("./kept.js").Message | null}} what
   */
  function open(what) {
    if (what.run) run.open(null, { run: what.run, token: what.token ?? "", kept: what.kept });
    else run.open(what.settings ? { probe: config.probe, settings: what.settings } : what);
  }

  /** @param {Record<string, any>} settings */
  function start(settings) {
    Object.assign(run.settings, settings);
    open({ settings: { ...run.settings } });
  }

  let restart = 0, restarted = -1e9;
  /** @type {(() => void) | null} a start that waits a moment */
  let begins = null;
  /** Start from the first step with the settings of now and these changes. @param {Record<string, any>} [changes] */
  function again(changes = {}) {
    Object.assign(run.settings, changes);
    changed(changes);
    clearTimeout(restart);
    run.deaf();
    const wait = Math.max(0, restarted + 200 - performance.now()); // a slider that is dragged
    begins = () => ((begins = null), (restarted = performance.now()), start(run.settings));
    wait ? (restart = window.setTimeout(begins, wait)) : begins();
    tell({ settings: run.settings });
  }

  /**
   * Change a live setting while it runs; a run that is over starts again with it.
   * @param {string | Record<string, any>} name or several of them with their values
   * @param {any} [value]
   */
  function set(name, value) {
    const changes = typeof name === "object" ? name : { [name]: value };
    if (!run.opening && over()) return again(changes);
    run.set(changes);
    changed(changes);
    tell({ settings: run.settings });
  }

  function changed(changes) {
    lastSet = { ...changes, at: performance.now() };
    if (preset) mark(-1);
    quiet();
  }

  /** @param {number} i */
  function choose(i) {
    again({ ...config.defaults, ...config.presets[i].settings });
    mark(i);
  }

  /** Say that this preset is what is shown, or -1. @param {number} i */
  function mark(i) {
    preset = config.presets?.[i] ?? null;
    chosen = preset ? i : -1;
    tell({ preset: chosen });
  }

  function play() {
    quiet();
    over() ? again() : run.do("play");
  }
  /** What is asked for is asked of the run that is about to start. */
  function settle() {
    clearTimeout(restart);
    begins?.();
  }
  const pause = () => (settle(), run.do("pause")), one = () => (settle(), run.do("step"));
  const toggle = () => (moving() ? pause() : play(), paintState());
  const moving = () => run.goes;
  const over = () => ["ended", "failed"].includes(run.state);

  /** Go to a step that was there; a scrub sends the latest wish only. @param {number} step */
  function seek(step) {
    aim = Math.max(0, Math.min(step, run.status.kept ?? 0));
    const to = () => run.do("seek", { step: aim ?? run.step });
    seeking ||= window.setTimeout(() => ((seeking = 0), to()), 40);
  }

  async function link() { tell({ shared: await run.record() }); }

  async function save() {
    const answer = await fetch(run.address("picture.png", { panel: first }));
    if (!answer.ok) return notice((await answer.json()).sentence);
    hand(await answer.blob(), `${config.probe}-${run.step + 1}.png`);
    notice("Saved. Drop the file on any page, and this run is back.");
  }

  // what is seen

  const lanes = timeline(element, {
    send: (message) => run.do(message.do, message),
    priced: config.priced ?? {},
    beside: (wish, name) => tell({ beside: wish, name }),
    seek,
    moved(step) {
      chart.upTo(step);
      run.exact = -1;
    },
  });

  function paintStep() {
    const { status, step } = run, kept = Math.max(status.kept ?? 0, step), ends = Math.max(status.ends ?? 0, kept);
    const known = ends > kept || run.state === "ended";
    const state = { paused: "paused", ended: "done", failed: "stopped" }[run.state];
    const words = [`step ${step + 1}${known ? ` of ${ends + 1}` : ""}`];
    if (state) words.push(state);
    else if (shared(status)) words.push(shared(status));
    for (const said of Object.values(status.said ?? {})) words.push(said);
    $("step").lastElementChild.textContent = config.small && moving() ? "dreaming now" : words.join(" · ");
    if (config.small) $("size").textContent = `step ${step + 1}`;
    lanes.paint(step, aim, status, words.join(", "));
    lanes.price((name) => chart.at(step, name));
  }

  function paintState() {
    const { status, state } = run, resting = !moving();
    element.dataset.state = state;
    const play = $("play");
    play.querySelector("path").setAttribute("d", resting ? PLAY : PAUSE);
    play.lastElementChild.textContent = resting ? "Play" : "Pause";
    $("begin").hidden = !(state === "paused" && run.step <= 0);
    const size = status.size?.[first];
    if (size && !config.small) $("size").textContent = size.join(" × ");
    if (state === "failed") notice(status.sentence);
    if (run.step >= 0) paintStep();
    const sentence = status.sentence || "";
    const waits = state === "loading";
    if (waits || state === "away") $("step").lastElementChild.textContent = state;
    if (state === "away") return; // that was said
    if (state !== "failed") {
      $("seen").textContent = sentence;
      $("limits").textContent = waits ? "" : config.limits;
    }
    say(state === "running" ? sentence : `${state}. ${sentence}`);
    main.setAttribute("aria-label", `The moving picture. ${sentence}`);
  }

  // hands

  addEventListener("unhandledrejection", (event) => {
    if (!(event.reason instanceof TypeError && /fetch/i.test(event.reason.message))) return; // no answer came
    event.preventDefault();
    notice("The lab does not answer: ask again once it is back.");
  });
  $("how").textContent = config.control ?? "";
  for (const [name, does] of Object.entries({ play: toggle, begin: play, one, link, save })) {
    $(name).addEventListener("click", () => does());
  }
  $("again").addEventListener("click", () => again());
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (/** @type {Element} */ (event.target).closest("input, select, textarea, button, a, summary, [role=slider]")) return;
    const does = { " ": toggle, ArrowRight: forward, ArrowLeft: () => seek((aim ?? run.step) - 1) }[event.key];
    if (does) event.preventDefault(), does();
  });
  function forward() {
    const at = aim ?? run.step;
    at < (run.status.kept ?? 0) ? seek(at + 1) : one();
  }

  return Object.freeze({
    element, config, canvases, chart,
    /** the numbers of the steps that were shown, by step */
    numbers: chart.values,
    /** its number, 0 while none is open; the address of something beside it: see run.js */
    get run() { return run.number; },
    token: () => run.token,
    /** what opens it again where it is gone: see kept.js */
    kept: run.kept,
    address: run.address,
    /** what runs and what was asked for: see run.js */
    get state() { return run.state; },
    get opening() { return run.opening; },
    get rate() { return run.status.rate ?? 0; },
    get step() { return run.step; },
    get exact() { return run.exact; },
    get frames() { return run.frames; },
    get shown() { return run.shown; },
    get asked() { return run.asked; },
    get answered() { return run.answered; },
    get settings() { return run.settings; },
    get live() { return run.live; },
    /** the settings that the run began with */
    get started() { return started; },
    get lastSet() { return lastSet; },
    get firstAt() { return firstAt; },
    /** the preset of now, or -1 */
    get chosen() { return chosen; },
    branches: () => lanes.known(),
    /** hear what the run says, from now on @param {(told: Told) => void} listener */
    heard: (listener) => void listeners.push(listener),
    open, set, again, seek, play, pause, one, toggle, link, save, mark, notice,
    preset: choose, record: run.record, act: run.act, measure: run.measure, say: run.say,

    /**
     * Something more of this page, below the fold; a link beside the sentence leads to it while it is shown.
     * @param {HTMLElement} section
     * @param {string} title
     */
    below(section, title) {
      const link = Object.assign(document.createElement("a"), { href: `#${(section.id ||= title.toLowerCase().replace(/\W+/g, "-"))}`, textContent: title });
      const fold = document.createElement("details");
      fold.innerHTML = "<summary></summary>";
      fold.firstElementChild.textContent = title;
      fold.open = !phone.matches; // there it is folded: a page has an end
      fold.append(section);
      link.addEventListener("click", () => (fold.open = true));
      $("under").append(fold);
      $("jumps").insertBefore(link, $("jumps").querySelector("[href='#sources']"));
      const follow = () => (link.hidden = fold.hidden = section.hidden);
      new MutationObserver(follow).observe(section, { attributeFilter: ["hidden"] });
      follow();
    },

    /** Open something for the first time. @param {Parameters<typeof open>[0]} what */
    begin(what) {
      if (what.settings) Object.assign(run.settings, what.settings);
      open(what);
    },

    /** A panel's canvas is this one from now on. @param {string} name @param {HTMLCanvasElement} canvas */
    claim(name, canvas) {
      const was = canvases[name];
      canvases[name] = canvas;
      if (was && was !== canvas) copy(was, canvas);
    },

    /** Shown until the first frame has been computed: what such a run looked like once. @param {string} address */
    recorded(address) {
      if (run.frames) return;
      const was = `<picture class="keyframe"><source media="(prefers-reduced-motion: reduce)" srcset="${address}.jpg">
        <img src="${address}.webp" alt=""></picture><span class="recorded keyframe">recorded</span>`;
      element.querySelector(".frame").insertAdjacentHTML("beforeend", was);
    },
  });
}

/** Give the visitor a file. @param {Blob} file @param {string} name */
export function hand(file, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
