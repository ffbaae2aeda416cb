/** A cloud of points that a visitor turns: three dimensions, drawn by plotly, which is loaded when it is first opened. */

import { lecturing } from "./lecture.js";
import { token } from "./marks.js";

const SCRIPT = "/plotly.min.js"; // from the lab itself
const OFTEN = 100; // ms from one place of what moves to the next, at least
const SHARE = 6, RARELY = 800; // and so many times what drawing one takes, up to these ms: where the processor draws, the run goes first
const TURN = Math.PI / 24, NEARER = 1.15; // a press of a key
const HIGHEST = Math.PI / 2 - 0.05, FARTHEST = 6, NEAREST = 0.3;

/** @typedef {import("./marks.js").Marks} Marks */
/** @typedef {{x: number, y: number, z: number}} Place */

/** Where the eye is after a key; null where the key is none of its own. @param {Place} eye @param {string} key @returns {Place | null} */
export function looked({ x, y, z }, key) {
  const far = Math.hypot(x, y, z), round = Math.atan2(y, x), up = Math.asin(z / (far || 1));
  const by = { ArrowLeft: [-TURN, 0, 1], ArrowRight: [TURN, 0, 1], ArrowUp: [0, TURN, 1], ArrowDown: [0, -TURN, 1],
    "+": [0, 0, 1 / NEARER], "=": [0, 0, 1 / NEARER], "-": [0, 0, NEARER] }[key];
  if (!by) return null;
  const high = Math.max(-HIGHEST, Math.min(HIGHEST, up + by[1])), r = Math.max(NEAREST, Math.min(FARTHEST, far * by[2]));
  return { x: r * Math.cos(high) * Math.cos(round + by[0]), y: r * Math.cos(high) * Math.sin(round + by[0]), z: r * Math.sin(high) };
}

/** One column of marks. @param {Marks} what @param {number} column @param {number[]} [rows] @returns {number[]} */
function column({ values, shape }, column, rows) {
  const by = shape.at(-1), all = rows ?? Array.from({ length: values.length / by }, (_, i) => i);
  return all.map((i) => values[i * by + column] ?? 0);
}

/**
 * What stands still, as plotly's traces: the points by their classes, and flat lines as planes.
 * @param {Marks} points @param {Marks[]} over what lies over them @param {(token: string) => string} colour
 */
export function standing(points, over, colour) {
  const classes = [...new Set(points.classes ?? [0])].sort((a, b) => a - b);
  const clouds = classes.map((kind) => {
    const rows = Array.from({ length: points.shape[0] }, (_, i) => i).filter((i) => (points.classes?.[i] ?? 0) === kind);
    const word = points.names[kind] ?? "";
    return {
      type: "scatter3d", mode: "markers", name: word, showlegend: Boolean(word), hoverinfo: "skip",
      x: column(points, 0, rows), y: column(points, 1, rows), z: column(points, 2, rows),
      marker: { size: 2.6, color: colour(token(kind)), opacity: 0.75 },
    };
  });
  const planes = over.filter(({ form, shape }) => form === "paths" && shape[2] === 2).map((line) => {
    const [x0, y0, x1, y1] = line.values, { low, high } = line;
    return {
      type: "mesh3d", hoverinfo: "skip", showlegend: false, name: line.names[0] ?? "", color: colour("muted"), opacity: 0.18, flatshading: true,
      x: [x0, x1, x1, x0], y: [y0, y1, y1, y0], z: [low, low, high, high], i: [0, 0], j: [1, 2], k: [2, 3],
    };
  });
  return [...clouds, ...planes];
}

/** What moves: each way, and where it ends now. @param {Marks[]} over @param {(token: string) => string} colour */
export function moving(over, colour) {
  return over.filter(({ form, shape }) => form === "paths" && shape[2] === 3).map((way) => {
    const live = colour(token(way.classes?.[0] ?? 0)), sizes = Array.from({ length: way.shape[1] }, (_, i) => (i === way.shape[1] - 1 ? 8 : 0));
    return {
      type: "scatter3d", mode: "lines+markers", hoverinfo: "skip", showlegend: false, name: way.names[0] ?? "",
      x: column(way, 0), y: column(way, 1), z: column(way, 2), line: { width: 6, color: live }, marker: { size: sizes, color: live, line: { width: 0 } },
    };
  });
}

const same = (a, b) => a === b || (a?.length === b?.length && a?.every((one, i) => one === b[i]));

/** Whether the browser can draw it. */
function able() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") ?? canvas.getContext("webgl"));
}

/** @type {Promise<any> | null} */
let loaded = null;
export function plotly() {
  loaded ??= new Promise((done, fail) => {
    const script = Object.assign(document.createElement("script"), { src: SCRIPT, onload: () => done(/** @type {any} */ (window).Plotly) });
    script.onerror = () => ((loaded = null), script.remove(), fail(new Error("What draws it did not arrive: open it again.")));
    document.head.append(script);
  });
  return loaded;
}

/**
 * "Turn it" stands at the panel that the page declares; it is turned in the place of what stands beside the picture.
 * @param {import("./player.js").Player} player
 */
export function turning(player) {
  const [[name, axes] = []] = Object.entries(player.config.turns ?? {});
  if (!name) return;
  const section = document.createElement("section");
  section.className = "turning";
  section.hidden = true;
  section.setAttribute("aria-label", `The ${name}, turned`);
  section.innerHTML = `<p><b></b><span class="hint">drag it, or use the arrow keys, + and −</span><button type="button" class="shut" aria-label="Close">×</button></p>
    <div class="plot" tabindex="0" role="group" aria-label="The ${name} in three dimensions: arrow keys turn it, plus and minus come nearer, Escape closes"></div>`;
  section.querySelector("b").textContent = `${name[0].toUpperCase()}${name.slice(1)}`;
  player.element.querySelector(".beside").append(section);
  const plot = /** @type {any} */ (section.querySelector(".plot"));
  player.element.querySelector(".lecture-foot .keys span")?.append(` · T turn the ${name}`);

  /** @type {Map<string, Marks>} the last of each panel that belongs here */
  const last = new Map();
  let lib = /** @type {any} */ (null), was = /** @type {any} */ (null), timer = 0, at = 0, took = 0, busy = false, waits = false;
  /** @type {HTMLElement | null} */
  let from = null;
  const colour = (token) => getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim() || "#888";
  const over = () => [...last.values()].filter((one) => one.over === name);

  function layout() {
    const axis = (title) => ({
      title: { text: title, font: { size: lecturing() ? 18 : 12 } }, color: colour("muted"), gridcolor: colour("line"), zerolinecolor: colour("line"), showbackground: false,
      showspikes: false, showticklabels: false, range: [last.get(name).low, last.get(name).high], autorange: false,
    });
    const [x, y, z] = axes;
    return {
      margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "rgba(0,0,0,0)", showlegend: true, uirevision: "one", hovermode: false,
      font: { family: "system-ui, sans-serif", size: lecturing() ? 20 : 13, color: colour("ink") }, legend: { x: 0, y: 1, itemsizing: "constant", bgcolor: "rgba(0,0,0,0)", itemclick: false, itemdoubleclick: false },
      scene: { xaxis: axis(x), yaxis: axis(y), zaxis: axis(z), aspectmode: "cube", dragmode: "turntable", hovermode: false, uirevision: "one", camera: plot.layout?.scene?.camera ?? { eye: { x: 1.3, y: -1.9, z: 0.95 } } },
    };
  }

  /** As it is now: all of it where what stands has changed, else only what moves. */
  async function paint() {
    timer = 0;
    const points = last.get(name);
    if (busy) waits = true;
    if (section.hidden || !lib || !points || busy) return;
    at = performance.now();
    const lines = over(), theme = document.documentElement.dataset.theme;
    const planes = lines.filter(({ shape }) => shape[2] === 2).flatMap(({ values }) => [...values]);
    const stands = was && was.theme === theme && same(was.points, points.values) && same(was.classes, points.classes) && same(was.planes, planes) && was.count === lines.length;
    const still = stands ? [] : standing(points, lines, colour), moves = moving(lines, colour);
    busy = true;
    try {
      if (stands) {
        const from = plot.data.length - moves.length;
        await lib.restyle(plot, { x: moves.map(({ x }) => x), y: moves.map(({ y }) => y), z: moves.map(({ z }) => z), "marker.size": moves.map(({ marker }) => marker.size) }, moves.map((_, i) => from + i));
      } else {
        was = { theme, points: points.values, classes: points.classes, planes, count: lines.length };
        await lib.react(plot, [...still, ...moves], layout(), { displayModeBar: false, responsive: true, scrollZoom: true, plotGlPixelRatio: devicePixelRatio });
      }
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); // until it is on the screen
      took = stands ? performance.now() - at : 0; // the first time is no measure
    } finally { busy = false; }
    if (waits) waits = false, soon();
  }
  const soon = () => { timer ||= window.setTimeout(paint, Math.max(0, at + Math.min(RARELY, Math.max(OFTEN, SHARE * took)) - performance.now())); };

  async function open() {
    if (!section.hidden || !last.has(name)) return;
    if (!able()) return player.notice(`This browser has no WebGL, by which the ${name} is turned: it stays flat here.`);
    from = /** @type {HTMLElement | null} */ (document.activeElement);
    section.hidden = false;
    plot.focus({ preventScroll: true });
    if (matchMedia("(max-width: 760px)").matches) player.element.querySelector(".main").scrollIntoView(); // above it on a phone
    try { lib = await plotly(); } catch (error) { close(); return player.notice(error.message); }
    soon();
  }

  function close() {
    if (section.hidden) return;
    section.hidden = true;
    clearTimeout(timer);
    timer = 0;
    if (was) lib.purge(plot); // its WebGL context is let go of
    was = null;
    from?.isConnected ? from.focus() : player.element.querySelector(".turn")?.focus();
  }

  section.addEventListener("keydown", (event) => {
    const eye = plot.layout?.scene?.camera?.eye, to = eye && event.target === plot ? looked(eye, event.key) : null;
    if (!to) return;
    event.preventDefault();
    lib.relayout(plot, { "scene.camera.eye": to });
  });
  section.querySelector(".shut").addEventListener("click", close);
  document.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest?.(`[data-turn="${name}"]`)) open();
  });
  addEventListener("keydown", (event) => {
    const typing = /** @type {Element} */ (event.target).closest?.("input:not([type=range]), textarea, select");
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && !section.hidden) close();
    else if (event.key.toLowerCase() === "t" && !typing) section.hidden ? open() : close();
    else return;
    event.preventDefault(); // a lecture goes on
    event.stopPropagation();
  }, true);
  new MutationObserver(soon).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  player.heard(({ parts, hello, fresh }) => {
    if (hello && fresh) last.clear();
    for (const { name: panel, content } of parts ?? []) if (panel === name || content?.over === name) last.set(panel, content);
    if (parts && !section.hidden) soon();
  });
}
