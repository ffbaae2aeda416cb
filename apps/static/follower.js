/** A phone that follows a lecturer's run: the picture, what is said of it, a guess, and now and then the wheel. */

import { remember } from "./begin.js";
import { screen } from "./drawers.js";
import { bars, verdict } from "./guess.js";
import { run as opened } from "./run.js";
import { controls, worded } from "./wheel.js";
import { followers } from "./words.js";

const AGAIN = 3000; // ms until a room that is not there is asked for once more: the lab may have been started anew
const AWAY = "The lecturer is away; what runs can be followed until they are back.";
const SAID = 3; // settings that were changed last, in words
const LONGEST = 40_000; // characters of a link that an address takes

/**
 * @typedef {object} About a probe, as apps/pages/follow.py tells of it
 * @property {string} title
 * @property {string} question
 * @property {string} limits
 * @property {import("./page.js").Field[]} fields
 * @property {Record<string, [string, any[]][]>} when see conditions.js
 */

/** The names of the settings that differ. @param {Record<string, any>} was @param {Record<string, any>} now */
export const differing = (was, now) => Object.keys(now).filter((name) => name in was && JSON.stringify(was[name]) !== JSON.stringify(now[name]));

/** @param {{code: string}} given */
export function start({ code }) {
  const page = document.getElementById("follower");
  /** @type {(name: string) => any} */
  const $ = (name) => page.querySelector(`.${name}`);
  const main = $("picture"), inset = $("control"), pair = $("twin"), key = `follower ${code}`;
  /** @type {Record<string, HTMLCanvasElement>} */
  const canvases = { picture: main, control: inset };
  /** @type {About | null} */
  let about = null;
  let probe = "", was = {}, room = null, first = "picture", again = 0, last = [], steering = null;
  const tables = {};

  const shown = screen(canvases, {
    shaped: (canvas, shape) => canvas.style.setProperty("--ratio", shape.toFixed(4)),
  });

  const run = opened({
    away: () => state("away", "The connection is gone. Trying again."),
    hello(hello, fresh) {
      clearTimeout(again);
      state("following", "");
      if (fresh) shown.clear(), (was = { ...hello.settings }), (last = []);
      place(hello.panels);
      if (probe !== (probe = hello.probe)) learn(probe);
      settings();
    },
    frame(frame) {
      shown.draw(frame);
      page.classList.add("started");
      inset.parentElement.hidden = inset.width < 2 || !run.panels.includes("control");
      paint();
    },
    status: paint,
    settings,
    sentence: notice,
    refused(text) {
      state("refused", text);
      clearTimeout(again);
      again = window.setTimeout(join, AGAIN);
    },
    other(kind, value) {
      if (kind === "room") heard(value);
      if (kind === "away") leave(value);
    },
  });

  // the lecturer's twin: a second run, on a socket of its own
  const other = $("twin-picture"), second = screen({ picture: other }, { shaped: (canvas, shape) => canvas.style.setProperty("--ratio", shape.toFixed(4)) });
  let paired = false;
  const beside = opened({
    hello: (_, fresh) => fresh && second.clear(),
    frame(frame) {
      second.draw(frame);
      twinned();
    },
    refused: () => window.setTimeout(() => paired && beside.open(besides), AGAIN),
  });
  const besides = () => ({ follow: code, beside: true });

  /** The twin comes and goes with the lecturer's; under it stands what it differs in. */
  function twinned() {
    const wanted = Boolean(room?.twin);
    if (wanted && !paired) beside.open(besides);
    else if (!wanted && paired) beside.close();
    paired = wanted;
    const seen = wanted && beside.frames > 0;
    pair.hidden = !seen;
    $("stand").classList.toggle("paired", seen);
    if (!wanted) return;
    const words = named(room.twin, (name) => room.twin[name]);
    pair.querySelector("figcaption").textContent = words || "another branch";
    other.setAttribute("aria-label", `The twin: ${words || "another branch"}`);
  }

  /** Settings in words, those that a phone knows. */
  const named = (settings, value) => fielded(Object.keys(settings)).map((field) => worded(field, value(field.name), labels(field))).join(", ");
  const fielded = (names) => (about?.fields ?? []).filter(({ name }) => names.includes(name));

  const join = () => run.open(() => ({ follow: code, key: stored() }));
  const stored = () => { try { return sessionStorage.getItem(key) ?? ""; } catch { return ""; } };

  /** The first panel has the large place, whatever it is called. @param {string[]} panels */
  function place(panels) {
    if (canvases[first] === main) delete canvases[first];
    first = panels.includes("picture") || !panels.length ? "picture" : panels[0];
    canvases[first] = main;
  }

  // the room

  function heard(said) {
    if (said.sentence) return notice(said.sentence);
    const held = room?.wheel;
    if (said.over || said.elsewhere) {
      run.close();
      beside.close();
      return state("over", said.over ?? "This room is followed in another window of this phone.");
    }
    room = said;
    if (run.opening) state("waiting", "The lecturer's page is on its way.");
    try { sessionStorage.setItem(key, room.key); } catch { /* another number next time */ }
    $("people").textContent = `${followers(room.count)} · phone ${room.phone}`;
    absent(room);
    twinned();
    if (held && !room.wheel) join(); // what was moved last may not have arrived: the run says how it stands
    if (Boolean(held) !== room.wheel) steer();
    ask();
  }

  /** The lecturer is on a page without a run, or on none. */
  function absent({ lecturer, where }) {
    const gone = $("gone"), address = where?.page ? new URL(where.page, location.origin) : null;
    gone.hidden = lecturer && !address;
    if (!lecturer || !address || address.origin !== location.origin) return (gone.textContent = AWAY);
    const link = Object.assign(document.createElement("a"), { href: address.href, target: "_blank", rel: "noopener", textContent: where.title || "another page" });
    gone.replaceChildren("The lecturer is looking at: ", link);
  }

  // what is seen

  function paint() {
    const { status, step } = run, ends = status.ends > step ? ` of ${status.ends + 1}` : "";
    const word = { paused: "paused", ended: "done", failed: "stopped", loading: "loading" }[status.state];
    $("step").textContent = [step < 0 ? "" : `step ${step + 1}${ends}`, word].filter(Boolean).join(" · ");
    $("seen").textContent = [...Object.values(status.said ?? {}), status.sentence ?? ""].filter(Boolean).join(" ");
    main.setAttribute("aria-label", `The moving picture. ${status.sentence ?? ""}`);
  }

  function settings() {
    const names = differing(was, run.settings);
    last = [...names, ...last.filter((name) => !names.includes(name))].slice(0, SAID);
    was = { ...run.settings };
    steering?.values(run.settings);
    change();
  }

  /** What the lecturer has moved, in words. */
  function change() {
    const fields = Object.fromEntries((about?.fields ?? []).map((field) => [field.name, field]));
    const words = last.filter((name) => fields[name]).map((name) => worded(fields[name], run.settings[name], labels(fields[name])));
    $("changed").textContent = words.length ? `Moved last: ${words.join("; ")}.` : "";
  }

  /** The class names of a network, where they are known by now. */
  function labels(field) {
    if (field.kind === "Label") table(field).then((found) => found && change());
    return tables[run.settings[field.of]]?.found?.labels;
  }

  /** What there is to choose in the network that a setting is one of. @param {import("./page.js").Field} field */
  function table(field) {
    const name = run.settings[field.of ?? ""];
    if (tables[name]) return tables[name].found ? Promise.resolve(tables[name].found) : tables[name].coming;
    const kept = (tables[name] = { found: null, coming: null });
    const address = `/networks/${`${name}`.split("/").map(encodeURIComponent).join("/")}.json`;
    kept.coming = fetch(address).then((answer) => (answer.status === 200 ? answer.json() : null), () => null);
    kept.coming.then((found) => (kept.found = found));
    return kept.coming;
  }

  async function learn(name) {
    const answer = await fetch(`/f/about/${name}.json`);
    if (!answer.ok || name !== probe) return;
    about = await answer.json();
    $("question").textContent = about.question;
    $("limits").textContent = about.limits;
    document.title = `${about.title} · Ascent`;
    change();
    twinned();
    steer();
  }

  // the wheel

  function steer() {
    const wheel = $("wheel"), mine = Boolean(room?.wheel && about);
    wheel.hidden = !mine;
    if (!mine) return (steering = null);
    const live = about.fields.filter(({ name }) => run.live.includes(name));
    steering = controls(wheel.querySelector(".controls"), live, (changes) => {
      run.set(changes);
      was = { ...run.settings };
      steering.values(run.settings); // what is a part of the run may be another now
    }, table, about.when);
    steering.values(run.settings);
  }

  // the guess

  let asked = "";
  function ask() {
    const { guess } = room, cover = $("guess-cover"), said = $("guess-said");
    cover.hidden = guess?.stage !== "open";
    said.hidden = !guess || guess.stage === "open";
    if (!guess) return;
    const { question, answers, mine = null } = guess;
    if (asked !== (asked = `${question}\n${answers.join("\n")}`)) {
      cover.innerHTML = `<h2></h2><div class="answers" role="group"></div><p class="hint" role="status"></p>`;
      cover.querySelector("h2").textContent = question;
      cover.querySelector(".answers").append(...answers.map(answer));
    }
    cover.querySelectorAll(".answers button").forEach((one, i) => one.setAttribute("aria-pressed", `${i === mine}`));
    cover.querySelector(".hint").textContent = mine === null ? "What do you guess?" : "You can still choose another one.";
    if (guess.stage === "watch") said.replaceChildren(line(mine === null ? question : `You guess: ${answers[mine]}`));
    if (guess.stage === "reveal") said.replaceChildren(line(verdict(guess, mine)), bars(answers, guess.counts, guess.right));
  }

  function answer(text, i) {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: text });
    made.addEventListener("click", () => run.say({ guess: i }));
    return made;
  }

  function line(text) {
    const made = document.createElement("p");
    made.textContent = text;
    return made;
  }

  // breaking away

  $("break").addEventListener("click", () => run.say({ away: Math.max(0, run.step) }));

  /** On to the probe's own page, with a run of one's own that rests at this step. */
  function leave({ probe: name, link }) {
    const query = new URLSearchParams({ room: code });
    if (link.length <= LONGEST) query.set("r", link);
    else remember("open", link);
    location.href = `/app/${name}/?${query}`;
  }

  // words

  function state(name, text) {
    page.dataset.state = name;
    $("words").textContent = text;
    $("words").hidden = !text;
    $("break").disabled = name !== "following";
  }

  let quiet = 0;
  function notice(text) {
    $("words").textContent = text;
    $("words").hidden = false;
    clearTimeout(quiet);
    quiet = window.setTimeout(() => page.dataset.state === "following" && ($("words").hidden = true), 6000);
  }

  join();
  return Object.freeze({
    get frames() { return run.frames; },
    get step() { return run.step; },
    get exact() { return run.exact; },
    get state() { return run.state; },
    get run() { return run.number; },
    get settings() { return run.settings; },
    get room() { return room; },
  });
}
