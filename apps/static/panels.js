/** The panels that a probe shows beside its picture and control, each by its own name. */

import { capital, typeset } from "./words.js";

/** Columns of a contact sheet of so many pictures, as core.pictures.whole lays them out. */
export function across(count) {
  const columns = Math.ceil(Math.sqrt(count)), left = (n) => (n - count % n) % n;
  return left(columns + 1) < left(columns) ? columns + 1 : columns;
}

/** @param {import("./player.js").Player} player */
export function panels(player) {
  const { canvases, config } = player, worded = config.panels ?? {};
  const place = document.createElement("div");
  place.className = "more-panels";
  const count = Object.keys(worded).length;
  player.element.classList.toggle("broad", count > 0);
  player.element.classList.toggle("many", count > 2); // two rows of two, and no room for a curve
  place.hidden = true;
  player.element.querySelector(".beside .other").after(place);
  let known = "";

  const label = (canvas) => canvas.getAttribute("aria-label");
  const here = (name) => place.contains(canvases[name] ?? null);

  player.heard(({ hello, status, seen, words }) => {
    if (words && place.contains(words.canvas)) {
      words.canvas.parentElement.classList.toggle("marked", Boolean(words.sentence));
      if (!(words.name in worded)) {
        words.canvas.nextElementSibling.textContent = [capital(typeset(words.name)), words.sentence].filter(Boolean).join(": ");
      }
    }
    if (status || seen !== undefined) {
      for (const made of place.querySelectorAll("figure")) {
        const canvas = made.querySelector("canvas");
        made.hidden = canvas.width < 2; // it may be a sentence: until a picture has come
        if (canvases[label(canvas)] !== canvas) made.remove(); // the page's own script has claimed it
      }
      place.hidden = !place.children.length;
    }
    if (!hello || hello.probe !== config.probe) return;
    const names = hello.panels.filter((name) => !["picture", "control"].includes(name) && (!canvases[name] || here(name)));
    if (known === (known = names.join("\n"))) return;
    for (const canvas of place.querySelectorAll("canvas")) if (here(label(canvas))) delete canvases[label(canvas)];
    place.hidden = !names.length;
    place.replaceChildren(...names.map(figure));
  });

  function figure(name) {
    const made = document.createElement("figure");
    made.hidden = true;
    made.innerHTML = `<canvas width="1" height="1" role="img" data-more="1"></canvas><figcaption></figcaption>`;
    const canvas = made.querySelector("canvas"), caption = made.querySelector("figcaption");
    canvas.setAttribute("aria-label", name);
    caption.textContent = capital(typeset(name));
    if (name in worded) {
      made.className = "worded";
      caption.innerHTML = "<b></b><span></span>";
      caption.firstElementChild.textContent = capital(typeset(name));
      caption.lastElementChild.textContent = `: ${worded[name]}`;
    }
    if (name in (config.turns ?? {})) {
      const turn = Object.assign(document.createElement("button"), { type: "button", className: "turn", textContent: "turn it", title: "Turn it in three dimensions (T)" });
      turn.dataset.turn = name;
      made.append(turn);
    }
    if (config.charts?.includes(name)) {
      const closer = Object.assign(document.createElement("button"), { type: "button", className: "turn", textContent: "closer", title: "Look at the curves closer, with their numbers" });
      closer.dataset.chart = name;
      made.append(closer);
    }
    canvases[name] = canvas;
    return made;
  }
}
