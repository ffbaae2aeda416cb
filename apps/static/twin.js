/** The run beside: a second socket, whose run follows the first one step by step. */

import { screen } from "./drawers.js";
import { run as opened } from "./run.js";

const MARKUP = `
<div class="frame"><canvas class="twin-picture" width="1" height="1" role="img" aria-label="The twin"></canvas></div>
<figcaption><b class="step"><i></i><span>Loading</span></b><span class="differs"></span></figcaption>`;
const CONTROL = `<figure class="other second" hidden>
  <canvas class="twin-control" width="1" height="1" role="img" aria-label="The control of the twin"></canvas>
  <figcaption><b>Control</b></figcaption></figure>`;

/**
 * @typedef {object} Wish what the twin is
 * @property {{settings?: Record<string, any>, branch?: number}} what differs; {}: as the run's link says
 * @property {string} name it is called
 * @property {string} why its curve has a scale of its own, if it has
 * @property {boolean} again whether another run gets such a twin too
 *
 * @typedef {ReturnType<typeof twin>} Twin
 */

/**
 * @param {import("./player.js").Player} player
 * @param {() => void} changed it has closed, or is another one
 */
export function twin(player, changed) {
  const figure = document.createElement("figure");
  figure.className = "main second";
  figure.innerHTML = MARKUP;
  figure.hidden = true;
  player.element.querySelector(".main").after(figure);
  player.element.querySelector(".beside").insertAdjacentHTML("beforeend", CONTROL);
  /** @type {HTMLElement} */
  const other = player.element.querySelector(".other.second");
  const canvases = { picture: figure.querySelector("canvas"), control: other.querySelector("canvas") };
  const said = figure.querySelector(".step span"), differs = figure.querySelector(".differs");
  /** @type {Wish | null} */
  let wish = null, before = null; // before: what was shown until now
  const shown = screen(canvases, {
    shaped: (canvas, shape) => canvas.closest("figure").style.setProperty("--ratio", shape.toFixed(4)),
  });

  const run = opened({
    away: () => say("away"),
    hello({ panels }, fresh) {
      before = wish;
      if (fresh) shown.clear();
      other.hidden = panels.length > 0 && !panels.includes("control");
    },
    frame(frame) {
      shown.draw(frame);
      paintStep();
    },
    status({ state, sentence }) {
      figure.dataset.state = state;
      if (state === "failed") player.notice(`The twin: ${sentence}`);
      paintStep();
    },
    numbers(rows) {
      rows.forEach(([step, values]) => player.chart.beside(step, values));
      player.chart.draw(player.step);
    },
    sentence: player.notice,
    refused(text, returning) {
      if (returning) return run.open(beside);
      player.notice(text);
      const was = before !== wish && before;
      before = null;
      was ? open(was.what, was.name, was.why) : close();
      changed();
    },
  });

  /** The run's twin, once there is a run. */
  const beside = () => (wish && player.run && !player.opening && player.state !== "away"
    ? { beside: player.run, token: player.token(), ...wish.what } : null);

  /**
   * Show beside the run of now what differs; or come back to the twin `was` that a page had before.
   * @param {Wish["what"]} what
   * @param {string} name
   * @param {string} [why]
   * @param {{run: number, token: string} | null} [was]
   */
  function open(what, name, why = "", was = null) {
    wish = { what, name, why, again: !was };
    figure.hidden = false;
    differs.textContent = name;
    canvases.picture.setAttribute("aria-label", `The twin: ${name}`);
    player.element.classList.add("paired");
    player.chart.pair(why);
    player.chart.draw(player.step);
    run.open(beside, was);
  }

  function close() {
    wish = before = null;
    run.close();
    run.frames = 0;
    figure.hidden = other.hidden = true;
    player.element.classList.remove("paired");
    player.chart.pair();
    player.chart.draw(player.step);
  }

  /** What a page needs to come back to it after a reload. */
  const memory = () => (wish && run.number ? { ...wish, run: run.number, token: run.token } : null);

  player.heard(({ hello, fresh }) => {
    if (!hello || !wish) return;
    const another = fresh && wish.again;
    if (fresh) wish.again = true;
    if (!another && run.number) return;
    if (fresh && wish.what.branch) return close(), changed(); // its tree is gone with the run
    run.open(beside);
  });

  function paintStep() {
    const { status, step, state } = run, ends = status.ends > step ? ` of ${status.ends + 1}` : "";
    const word = { ended: "done", failed: "stopped", loading: "loading" }[state];
    say(step < 0 ? word ?? "Loading" : [`step ${step + 1}${ends}`, word].filter(Boolean).join(" · "));
  }
  function say(text) { said.textContent = text; }

  return Object.freeze({
    open, close, memory,
    wish: () => wish,
    get run() { return run.number; },
    get step() { return run.step; },
    get exact() { return run.exact; },
    get frames() { return run.frames; },
    get state() { return run.state; },
    get settings() { return run.settings; },
  });
}
