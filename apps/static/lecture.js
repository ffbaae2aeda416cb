/** Large, for a class: question, picture and control, one sentence, one live control. Walked by keys or a clicker. */

import { part } from "./conditions.js";
import { walk } from "./lesson.js";
import { scale, worded } from "./wheel.js";

const MARKUP = `
<p class="said"><span class="at"></span> <b></b></p>
<label class="dial" hidden><span></span><input type="range"><output></output></label>
<p class="keys"><button type="button" class="back">← Back</button><button type="button" class="forward">Next →</button>
  <span>Space pause · ↑ ↓ slider · G guess · Q code for phones · N notes</span><button type="button" class="leave">Esc leave</button></p>`;

/**
 * @typedef {object} Dial the one control: its places on a slider, and the setting at each
 * @property {number} places
 * @property {(value: any) => number} place
 * @property {(place: number) => any} value
 * @property {(value: any) => string} say
 * @property {number} key places that an arrow key moves it by
 */

/** @param {import("./page.js").Field} field @param {string[]} [stages] of a layer's network @returns {Dial} */
export function dial(field, stages = []) {
  if (field.kind === "Layer") {
    return { places: stages.length - 1, place: (name) => Math.max(0, stages.indexOf(name)), value: (i) => stages[i], say: String, key: 1 };
  }
  const { min, max, step, at, value } = scale(field), places = Math.round((max - min) / step);
  return {
    places,
    place: (now) => Math.round((at(now) - min) / step),
    value: (i) => value(min + i * step),
    say: (now) => worded({ ...field, label: "" }, now).trim(),
    key: Math.max(1, Math.round(places / 20)),
  };
}

/** Whether this page is shown to a class now. */
export const lecturing = () => document.documentElement.classList.contains("lecture");

/**
 * A page that can be shown to a class; without a player it is walked by a lesson alone.
 * @param {HTMLElement} place what fills the window; the line of the lecture is put at its end
 * @param {object} [page]
 * @param {import("./player.js").Player} [page.player]
 * @param {import("./page.js").Config} [page.config]
 * @param {(field: import("./page.js").Field) => Promise<string[]>} [page.stages] the layers of a setting
 * @param {(text: string) => void} [page.notice]
 */
export function lecture(place, { player, config, stages, notice = player?.notice } = {}) {
  const foot = document.createElement("section");
  foot.className = "lecture-foot";
  foot.setAttribute("aria-label", "Lecture");
  foot.innerHTML = MARKUP;
  place.append(foot);
  /** @type {(selector: string) => any} */
  const $ = (selector) => foot.querySelector(selector);
  const input = $("input"), presets = config?.presets ?? [];
  /** @type {Awaited<ReturnType<typeof walk>>} */
  let chain = null, at = 0;
  /** @type {{field: import("./page.js").Field, dial: Dial} | null} */
  let one = null;

  /** This page shows another preset of its own without being loaded again. @param {URL} address */
  function stay(address) {
    const preset = Number(address.searchParams.get("preset"));
    if (!player || address.pathname !== location.pathname || !presets[preset - 1]) return false;
    player.preset(preset - 1);
    return true;
  }

  function say(number, count, sentence) {
    $(".at").textContent = count ? `${number + 1} / ${count}` : "";
    $(".said b").textContent = sentence;
  }

  const go = (by) => {
    if (chain) return by < 0 ? chain.back() : chain.forward();
    if (presets[at + by]) player.preset(at + by);
  };

  // the one control

  async function choose() {
    const live = (config?.fields ?? []).filter((field) => field.live && part(field.name, config, player.settings));
    const field = live.find(({ kind }) => kind === "Layer") ?? live.find(({ kind, name }) => kind === "Range" && config.widgets.includes(name));
    one = field ? { field, dial: dial(field, field.kind === "Layer" ? await stages(field) : []) } : null;
    $(".dial").hidden = !one;
    if (!one) return;
    $(".dial span").textContent = field.label;
    input.max = one.dial.places;
    paint();
  }

  function paint() {
    if (!one) return;
    const value = player.settings[one.field.name];
    if (input !== document.activeElement) input.value = one.dial.place(value);
    input.style.setProperty("--played", `${input.value / one.dial.places}`);
    input.setAttribute("aria-valuetext", ($("output").textContent = one.dial.say(value)));
  }

  function turn(by) {
    if (!one) return;
    input.value = +input.value + by * one.dial.key;
    moved();
  }

  function moved() {
    player.set(one.field.name, one.dial.value(+input.value));
    paint();
  }
  input.addEventListener("input", moved);
  input.addEventListener("change", () => input.blur()); // the keys of a lecture are the page's again

  // coming and going

  function show(on) {
    document.documentElement.classList.toggle("lecture", on);
    document.getElementById("lecture")?.setAttribute("aria-pressed", `${on}`);
    const query = new URLSearchParams(location.search);
    on ? query.set("lecture", "1") : ["lecture", "lesson", "at"].forEach((name) => query.delete(name));
    history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
  }

  function notes() {
    if (chain) open(`/lessons/${chain.name}/notes`, "notes", "popup,width=520,height=760");
    else notice?.("Notes belong to a lesson: begin one on the front page, under Course.");
  }

  const KEYS = {
    ArrowLeft: () => go(-1), PageUp: () => go(-1), ArrowRight: () => go(1), PageDown: () => go(1),
    ArrowUp: () => turn(1), ArrowDown: () => turn(-1),
    n: notes, // guess.js and follow.js hear G and Q themselves
  };
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (!lecturing() || event.altKey || event.ctrlKey || event.metaKey || target.closest?.("input:not([type=range]), textarea, select, .turning")) return;
    const does = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
    if (!does) return;
    event.preventDefault(); // before the player, whose time line the arrows move elsewhere
    event.stopPropagation();
    does();
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && lecturing() && !event.defaultPrevented) show(false);
  });
  $(".back").addEventListener("click", () => go(-1));
  $(".forward").addEventListener("click", () => go(1));
  $(".leave").addEventListener("click", () => show(false));
  document.getElementById("lecture")?.addEventListener("click", () => show(!lecturing()));

  let known = "";
  player?.heard(({ preset, settings }) => {
    if (preset >= 0) {
      at = preset;
      if (!chain) say(at, presets.length, presets[at].sentence);
    }
    if (settings && known !== (known = live())) choose();
    else if (settings) paint();
  });
  /** Which controls there are, and whose layers: another network, another choice. */
  const live = () => JSON.stringify(config.fields.filter((field) => field.kind === "Network" || (field.live && part(field.name, config, player.settings)))
    .map(({ name, kind }) => (kind === "Network" ? player.settings[name] : name)));
  if (presets.length) say(0, presets.length, presets[0].sentence);
  walk(location.search, stay, (step, lesson) => say(step, lesson.steps.length, lesson.steps[step].sentence))
    .then((walked) => (chain = walked))
    .catch((error) => notice?.(error.message));
}
