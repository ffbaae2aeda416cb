/** The page of the lessons has no script of its own but the theme's; the notes of one follow the page that a class sees. */

import { elsewhere } from "./elsewhere.js";
import { beside } from "./lesson.js";

export function start() {
  const notes = document.querySelector(".notes");
  if (!(notes instanceof HTMLElement)) return elsewhere() ?? {};
  /** @type {HTMLElement[]} */
  const steps = [...notes.querySelectorAll("li")];
  const began = Date.now(), clock = document.getElementById("clock");
  const go = beside(notes.dataset.lesson, (at) => {
    steps.forEach((step, i) => step.toggleAttribute("aria-current", i === at));
    steps[at]?.scrollIntoView({ block: "center" });
  });
  steps.forEach((step, i) => step.addEventListener("click", () => go(i)));
  addEventListener("keydown", ({ key }) => {
    const now = steps.findIndex((step) => step.hasAttribute("aria-current")), by = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 }[key];
    if (by && steps[now + by]) go(now + by);
  });
  setInterval(() => {
    const s = Math.floor((Date.now() - began) / 1000);
    clock.textContent = `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
  }, 500);
  return {};
}
