/** Keeping what a run has found: its picture goes into the gallery, with all that can be checked again. */

import { hand } from "./player.js";

/**
 * A button at the end of `place`; label() is the class of the elite that is meant, where there are elites.
 * @param {import("./player.js").Player} player
 * @param {HTMLElement} place
 * @param {() => number} [label]
 */
export function keeping(player, place, label = () => -1) {
  place.insertAdjacentHTML("beforeend", '<button type="button" class="keep">Keep in the gallery</button> <span class="kept" role="status"></span>');
  const button = place.querySelector(".keep"), said = place.querySelector(".kept");
  button.addEventListener("click", async () => {
    if (!player.run) return;
    button.disabled = true;
    said.textContent = "Checking…";
    try {
      const query = new URLSearchParams({ run: `${player.run}`, token: player.token(), label: `${label()}` });
      const answer = await fetch(`/gallery/run?${query}`, { method: "POST" });
      answer.headers.get("content-type") === "image/png" ? save(await answer.blob()) : tell(await answer.json());
    } catch { said.textContent = "The lab did not answer: try again."; }
    button.disabled = false;
  });

  function tell({ refused, sentence = refused }) {
    said.textContent = sentence ?? "Kept: ";
    if (!sentence) said.insertAdjacentHTML("beforeend", '<a href="/app/gallery/">it is in the gallery</a>');
  }

  /** A public lab keeps nothing: the PNG goes to the visitor. */
  function save(file) {
    hand(file, `${player.config.probe}-kept.png`);
    said.innerHTML = 'Saved to your computer, as this lab is public: <a href="/app/gallery/">drop it on the gallery</a>';
  }
  return button;
}

/** @type {import("./page.js").Extension} */
export function extension(player) {
  const place = document.createElement("p");
  place.className = "keeping";
  player.below(place, "Keep it");
  keeping(player, place);
}
