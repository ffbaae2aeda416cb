/** The path: presets from easy to hard, walked one by one or chosen from the list. */

import { times } from "./words.js";

const ROOM = 170; // px below the controls from which all steps stand open

/**
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Config} config
 */
export function path(player, { presets }) {
  const place = document.querySelector("nav.path");
  if (!place) return;
  /** @type {(selector: string) => any} */
  const $ = (selector) => place.querySelector(selector);
  const all = [...place.querySelectorAll(".preset")], list = $(".all");
  place.insertAdjacentHTML("beforeend", '<div class="foot"><details class="claim"><summary></summary><p></p></details></div>');
  const panel = place.parentElement, app = panel.querySelector("gradio-app"), steps = list.querySelector("ol");
  const open = document.createElement("section");
  open.className = "steps";
  open.setAttribute("aria-label", "All steps");
  panel.append(open);
  let at = 0, changed = false;

  /** All steps stand open where there is room for them, and else in a list that opens. */
  function unfold() {
    const tabs = /** @type {HTMLElement} */ (panel.querySelector(".tabs")).offsetHeight;
    const room = panel.clientHeight - place.offsetHeight - tabs - (app?.scrollHeight ?? 0) >= ROOM;
    if (room === (steps.parentElement === open)) return;
    (room ? open : list).append(steps);
    list.hidden = room;
  }
  const sized = new ResizeObserver(unfold);
  [panel, place, ...panel.querySelectorAll("gradio-app, .gradio-container")].forEach((one) => sized.observe(one));
  new MutationObserver(() => panel.querySelectorAll(".gradio-container, .tabitem").forEach((one) => sized.observe(one))).observe(panel, { childList: true, subtree: true });

  /** @param {number} i */
  function go(i) {
    if (i < 0 || i >= presets.length) return;
    list.open = false;
    player.preset(i);
  }

  function paint() {
    all.forEach((one, i) => one.setAttribute("aria-pressed", `${i === player.chosen}`));
    $(".where").textContent = `${at + 1} of ${presets.length}${changed ? ", changed" : ""}`;
    $(".here").textContent = presets[at].sentence;
    $(".back").disabled = at === 0;
    $(".forward").disabled = at === presets.length - 1;
    claim();
  }

  /** What a test holds this preset to, and how it stands now. */
  function claim() {
    const { claim: [number, ratio, other], at_step: step } = presets[at];
    const [a, b] = [number, other].map((name) => player.chart.at(player.step, name));
    const now = a > 0 && b > 0 ? `${times(a / b)} times` : "";
    $(".claim").hidden = changed;
    $(".claim summary").textContent = now ? `✓ checked: now ${now}` : "✓ checked";
    $(".claim p").textContent = `Each time the lab changes, a test runs this preset and asks for this: at step ${step + 1}, `
      + `${number} is at least ${ratio} times ${other}.${now ? ` Here it is ${now} now.` : ""}`;
  }

  $(".back").addEventListener("click", () => go(at - 1));
  $(".forward").addEventListener("click", () => go(at + 1));
  all.forEach((one, i) => one.addEventListener("click", () => go(i)));
  place.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape" && list.open) (list.open = false), $(".all summary").focus();
    else if (by && !list.open) event.preventDefault(), go(at + by);
  });
  document.addEventListener("click", ({ target }) => {
    if (list.open && !list.contains(/** @type {Node} */ (target))) list.open = false;
  });

  let waiting = 0;
  player.heard(({ preset, seen }) => {
    if (preset !== undefined) {
      changed = preset < 0;
      at = changed ? at : preset;
      paint();
    } else if (seen !== undefined) waiting ||= window.setTimeout(() => ((waiting = 0), claim()), 250);
  });
  changed = true; // until the page says that it begins with the first
  paint();
}
