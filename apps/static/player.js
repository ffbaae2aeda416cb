/** The player: pictures, bar, time line, curve and sentences of one run. */

import { curve } from "/static/curve.js";
import { timeline } from "/static/timeline.js";
import { voice } from "/static/voice.js";
import { wire } from "/static/wire.js";

const icon = (path) => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`;
const PAUSE = "M4 3h3v10H4zM9 3h3v10H9z", PLAY = "M4 2.5v11l9-5.5z";
const button = (name, path, text, title) =>
  `<button type="button" class="${name}" title="${title}">${icon(path)}<span>${text}</span></button>`;

const MARKUP = `
<div class="views">
  <figure class="main">
    <div class="frame">
      <canvas class="picture" width="1" height="1" role="img" aria-label="The moving picture"></canvas>
      <button type="button" class="begin" hidden>${icon(PLAY)}<span>Play</span></button>
    </div>
    <figcaption><b class="step"><i></i><span>Loading</span></b><span class="same"></span><span class="size"></span></figcaption>
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
<p class="caption"><span class="seen"></span> <span class="limits"></span></p>
<p class="claim"></p>
<p class="notice" role="alert" hidden></p>
<p class="unseen spoken" aria-live="polite"></p>`;

/**
 * A player of `config`: probe, defaults, presets, limits, control, small (without bar).
 * Its element is not in the page yet, so that it can start before anything else is there.
 */
export function player(config) {
  const element = document.createElement("div");
  element.className = config.small ? "player small" : "player";
  element.innerHTML = MARKUP;
  const $ = (name) => element.querySelector(`.${name}`);
  const canvases = { picture: $("picture"), control: $("control") };
  const chart = curve($("curve"));
  const { notice, quiet, say } = voice($("notice"), $("spoken"));
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const listeners = [];
  let panels = [], status = {}, token = "", opening = true, wanted = null;
  let pending = null, raf = 0, rev = 0, floor = 0, wishes = {}, wishing = 0, seeking = 0;
  let preset = null, ratio = 0, aim = null, retry = null;

  const lab = {
    element, config, frames: 0, shown: 0, step: -1, exact: -1, run: 0, state: "loading", rate: 0,
    settings: { ...config.defaults }, started: { ...config.defaults }, live: [], lastSet: null, numbers: chart.values,
    firstAt: 0, chosen: -1, asked: 0, answered: 0, canvases,
    open, set, again, seek, play, pause, one, toggle, link, record, save, notice, preset: choose,
    heard: (listener) => listeners.push(listener), token: () => token, chart, branches: () => lanes.known(),
    measure: (what) => line.send({ measure: what }), act: (action, values = {}) => line.send({ act: { action, ...values } }),
  };
  const tell = (what) => listeners.forEach((listener) => listener(what));

  // the socket

  const line = wire({
    up() {
      opening = true;
      line.send({ open: lab.run ? { run: lab.run, token } : wanted });
      floor = 0;
      if (still && !lab.run) calm();
    },
    down(wait) {
      lab.state = "away";
      say(`The connection is gone. Trying again in ${wait < 1000 ? "a moment" : `${wait / 1000} s`}.`);
      paintState();
    },
    text(message) {
      for (const [kind, value] of Object.entries(message)) (hear[kind] ?? ((told) => tell({ [kind]: told })))(value, message);
    },
    frame(picture) {
      pending?.panels.forEach(([, bitmap]) => bitmap.close());
      pending = picture;
      raf ||= requestAnimationFrame(paint);
    },
  });

  /** Paused from the start: the stage shows one frame, and Play stands over it. */
  function calm() { line.send({ do: "pause" }); }

  const hear = {
    hello(hello) {
      const fresh = hello.run !== lab.run;
      opening = retry = false;
      token = hello.token;
      panels = hello.panels;
      if (hello.probe !== config.probe) return tell({ elsewhere: hello });
      if (fresh) {
        lab.run = hello.run;
        lab.started = { ...hello.settings };
        lab.step = lab.exact = -1;
        chart.clear();
        lanes.begin();
      }
      lab.live = hello.live;
      element.classList.toggle("alone", panels.length > 0 && !panels.includes("control"));
      settle(hello.settings);
      tell({ hello, fresh });
    },
    branches(now) {
      lanes.branches(now);
      tell({ branches: now });
    },
    status(now) {
      status = now;
      lab.state = now.state;
      if (now.state === "running" && !seeking) aim = null;
      lab.rate = now.rate;
      chart.upTo(now.kept);
      paintState();
      tell({ status: now });
    },
    numbers(rows) {
      rows.forEach(([step, values]) => chart.add(step, values));
      chart.draw(lab.step);
      paintClaim();
    },
    now(settings, { rev: answered }) {
      if ((lab.answered = answered) >= floor) settle(settings);
    },
    sentence(text) {
      notice(text);
      if (opening && !retry && !lab.run) start(retry = { ...config.start });
      else if (opening && lab.run) {
        lab.run = 0; // it was to return to a run that is gone
        start(lab.settings);
      }
      tell({ sentence: text });
    },
    link(packed, { copyable }) {
      asked.splice(0).forEach((answer) => answer({ link: packed, copyable }));
    },
  };

  function settle(settings) {
    Object.assign(lab.settings, settings);
    tell({ settings: lab.settings });
  }

  // what is asked for

  /** Open settings, a link or a run: {settings}, {link} or {run, token}. */
  function open(what) {
    opening = true;
    wishes = {};
    floor = 0;
    wanted = what.settings ? { probe: config.probe, settings: what.settings } : what;
    if (what.run) [lab.run, token] = [what.run, what.token];
    else lab.run = 0;
    lab.state = "loading";
    if (line.send({ open: wanted }) && still && !what.run && !what.link) calm();
  }

  function start(settings) {
    Object.assign(lab.settings, settings);
    open({ settings: { ...lab.settings } });
  }

  let restart = 0, restarted = -1e9;
  /** Start from the first step with the settings of now and these changes. */
  function again(changes = {}) {
    Object.assign(lab.settings, changes);
    lab.lastSet = { ...changes, at: performance.now() };
    forgetPreset();
    quiet();
    clearTimeout(restart);
    floor = Infinity; // what the old run still says of its settings is over
    const wait = Math.max(0, restarted + 200 - performance.now()); // a slider that is dragged
    const now = () => ((restarted = performance.now()), start(lab.settings));
    wait ? (restart = setTimeout(now, wait)) : now();
    tell({ settings: lab.settings });
  }

  /** Change a live setting while it runs; a run that is over starts again with it. */
  function set(name, value) {
    const changes = typeof name === "object" ? name : { [name]: value };
    if (!opening && ["ended", "failed"].includes(lab.state)) return again(changes);
    Object.assign(lab.settings, changes);
    lab.lastSet = { ...changes, at: performance.now() };
    forgetPreset();
    quiet();
    Object.assign(wishes, changes);
    wishing ||= setTimeout(wish, performance.now() - wish.at > 30 ? 0 : 30);
    tell({ settings: lab.settings });
  }

  function wish() {
    wishing = 0;
    wish.at = performance.now();
    floor = lab.asked = ++rev;
    line.send({ rev, set: wishes });
    wishes = {};
  }
  wish.at = 0;

  function choose(i) {
    again({ ...config.defaults, ...config.presets[i].settings });
    mark(i);
  }

  function mark(i) {
    preset = config.presets?.[i] ?? null;
    lab.chosen = preset ? i : -1;
    tell({ preset: preset ? i : -1 });
    paintClaim();
  }

  function forgetPreset() {
    if (preset) mark(-1);
  }

  function play() {
    quiet();
    if (["ended", "failed"].includes(lab.state)) again();
    else line.send({ do: "play" });
  }
  function pause() { line.send({ do: "pause" }); }
  function one() { line.send({ do: "step" }); }
  function toggle() { moving() ? pause() : play(); }
  function moving() { return ["running", "loading", "waiting"].includes(lab.state); }

  /** Go to a step that was there; a scrub sends the latest wish only. */
  function seek(step) {
    aim = Math.max(0, Math.min(step, status.kept ?? 0));
    const to = () => line.send({ do: "seek", step: aim ?? lab.step });
    seeking ||= setTimeout(() => ((seeking = 0), to()), 40);
  }

  const asked = [];
  /** What replays the run up to now: {link, copyable}. */
  function record() {
    return new Promise((answer) => {
      asked.push(answer);
      line.send({ do: "link" });
    });
  }
  async function link() { tell({ shared: await record() }); }

  async function save() {
    const address = `/run/${lab.run}/picture.png?token=${encodeURIComponent(token)}&panel=picture`;
    const answer = await fetch(address);
    if (!answer.ok) return notice((await answer.json()).sentence);
    const a = document.createElement("a");
    a.href = URL.createObjectURL(await answer.blob());
    a.download = `${config.probe}-${lab.step + 1}.png`;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
  }

  // what is seen

  function paint() {
    raf = 0;
    const { panels: pictures, step, sequence, run, exact } = pending;
    pending = null;
    if (run === lab.run && !opening) {
      for (const [index, bitmap] of pictures) put(canvases[panels[index]], bitmap);
      if (step !== lab.step) lab.shown += 1;
      lab.frames += 1;
      lab.firstAt ||= performance.now();
      lab.exact = exact ? step : -1;
      lab.step = step;
      if (step === aim && !seeking) aim = null;
      element.classList.add("started");
      chart.draw(step);
      paintStep();
    }
    pictures.forEach(([, bitmap]) => bitmap.close());
    line.send({ ack: sequence });
  }

  function put(canvas, bitmap) {
    if (!canvas) return;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      const shape = bitmap.width / bitmap.height;
      if (!canvas.dataset.more && (Math.abs(shape / ratio - 1) > 0.08 || !ratio)) { // octaves round to 16 px: no jumping
        ratio = shape;
        element.style.setProperty("--ratio", ratio.toFixed(4));
      }
    }
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  const send = (message) => line.send(message);
  const lanes = timeline(element, {
    send: Object.assign(send, { beside: (wish, name) => tell({ beside: wish, name }) }),
    seek,
    moved(step) {
      chart.upTo(step);
      lab.exact = -1;
    },
  });

  function paintStep() {
    const kept = Math.max(status.kept ?? 0, lab.step), ends = Math.max(status.ends ?? 0, kept);
    const known = ends > kept || lab.state === "ended";
    const state = { paused: "paused", ended: "done", failed: "stopped", away: "away" }[lab.state];
    const words = [`step ${lab.step + 1}${known ? ` of ${ends + 1}` : ""}`];
    if (state && state !== "away") words.push(state);
    for (const said of Object.values(status.said ?? {})) words.push(said);
    $("step").lastElementChild.textContent = config.small && moving() ? "dreaming now" : words.join(" · ");
    if (config.small) $("size").textContent = `step ${lab.step + 1}`;
    lanes.paint(lab.step, aim, status, words.join(", "));
  }

  function paintState() {
    const still = !moving();
    element.dataset.state = lab.state;
    const play = $("play");
    play.querySelector("path").setAttribute("d", still ? PLAY : PAUSE);
    play.lastElementChild.textContent = still ? "Play" : "Pause";
    $("begin").hidden = !(still && lab.state === "paused" && lab.step <= 0);
    const size = status.size?.picture;
    if (size && !config.small) $("size").textContent = size.join(" × ");
    if (lab.state === "failed") notice(status.sentence);
    if (lab.step >= 0) paintStep();
    const sentence = status.sentence || "";
    const waits = ["loading", "waiting"].includes(lab.state);
    if (waits || lab.state === "away") {
      $("step").lastElementChild.textContent = lab.state === "away" ? "away" : lab.state;
    }
    if (lab.state !== "failed" && lab.state !== "away") {
      $("seen").textContent = sentence;
      $("limits").textContent = waits ? "" : config.limits;
    }
    const words = lab.state === "running" ? sentence : `${lab.state}. ${sentence}`;
    say(words);
    canvases.picture.setAttribute("aria-label", `The moving picture. ${sentence}`);
  }

  function paintClaim() {
    if (!preset || config.small) return ($("claim").textContent = "");
    const { claim: [number, ratio, other], at_step: at } = preset;
    const [a, b] = [chart.at(lab.step, number), chart.at(lab.step, other)];
    const now = a > 0 && b > 0 ? `, now ${(a / b).toPrecision(2)} times` : "";
    $("claim").textContent =
      `Held by a test: at step ${at + 1}, ${number} at least ${ratio} times ${other}${now}.`;
  }

  // hands

  $("how").textContent = config.control ?? "";
  for (const [name, does] of Object.entries({ play: toggle, begin: play, one, link, save })) {
    $(name).addEventListener("click", () => does());
  }
  $("again").addEventListener("click", () => again());
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (event.target.closest("input, select, textarea, button, a, summary, [role=slider]")) return;
    const does = { " ": toggle, ArrowRight: forward, ArrowLeft: () => seek((aim ?? lab.step) - 1) }[event.key];
    if (does) event.preventDefault(), does();
  });
  function forward() {
    const at = aim ?? lab.step;
    at < (status.kept ?? 0) ? seek(at + 1) : one();
  }

  lab.begin = (what) => {
    if (what.settings) Object.assign(lab.settings, what.settings);
    open(what);
    line.connect();
  };
  lab.mark = mark;
  /** Shown until the first frame has been computed: what such a run looked like once. */
  lab.recorded = (address) => {
    if (lab.frames) return;
    const was = `<picture class="keyframe"><source media="(prefers-reduced-motion: reduce)" srcset="${address}.jpg">
      <img src="${address}.webp" alt=""></picture><span class="recorded keyframe">recorded</span>`;
    element.querySelector(".frame").insertAdjacentHTML("beforeend", was);
  };
  return lab;
}
