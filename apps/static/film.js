/** The film of a run up to now: made in the background, fetched when it is ready. */

import { hand } from "./player.js";

const FORMS = { mp4: "MP4", webp: "WebP", gif: "GIF" };
const ICON = "M2 3.500h12v9H2zM5.500 3.500v9M10.500 3.500v9M2 8h3.500M10.500 8H14";
const ASKED = 500; // ms from one question to the next

/** Puts *Film* into the player's bar. @param {import("./player.js").Player} player */
export function filming(player) {
  const box = document.createElement("details");
  box.className = "film";
  box.innerHTML = `
    <summary title="The run up to now as a film"><svg viewBox="0 0 16 16" aria-hidden="true"><path class="outline" d="${ICON}"/></svg><span>Film</span></summary>
    <div class="menu">
      <p>The run from its start to now, as a file. It is computed again in the background; this run goes on.</p>
      <p class="forms">${Object.entries(FORMS).map(([form, text]) => `<button type="button" data-film="${form}">${text}</button>`).join("")}</p>
      <p class="making" hidden><progress max="1" value="0" aria-label="Film"></progress><span></span><button type="button" data-film="">Cancel</button></p>
    </div>`;
  player.element.querySelector(".bar").append(box);
  const making = box.querySelector(".making"), bar = making.querySelector("progress");
  const says = making.querySelector("span"), title = box.querySelector("summary > span");
  let asking = 0;

  box.addEventListener("click", (event) => {
    const form = /** @type {Element} */ (event.target).closest("[data-film]")?.dataset.film;
    if (form === "") cancel();
    else if (form) make(form);
  });
  document.addEventListener("click", ({ target }) => {
    if (box.open && !box.contains(/** @type {Node} */ (target))) box.open = false;
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") (box.open = false), box.querySelector("summary").focus();
  });

  async function make(form) {
    const run = player.run;
    show("waiting", 0);
    const answer = await fetch(player.address("film", { form }), { method: "POST" });
    if (!answer.ok) return failed((await answer.json()).sentence);
    ask(run, form);
  }

  function ask(run, form) {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      if (run !== player.run) return failed("This page has another run now: the film of the one before was dropped.");
      const answer = await fetch(player.address("film")).catch(() => null);
      if (!answer?.ok) return failed(answer ? (await answer.json()).sentence : "The connection is gone: ask for the film again.");
      const { state, done, sentence } = await answer.json();
      if (state === "failed") return failed(sentence);
      if (state === "ready") return fetched(form, sentence);
      show(sentence, done);
      ask(run, form);
    }, ASKED);
  }

  async function fetched(form, sentence) {
    const answer = await fetch(player.address("film/file"));
    if (!answer.ok) return failed((await answer.json()).sentence);
    hand(await answer.blob(), `${player.config.probe}-${player.step + 1}.${form}`);
    rest();
    if (sentence) player.notice(sentence);
  }

  async function cancel() {
    clearTimeout(asking);
    rest();
    await fetch(player.address("film"), { method: "DELETE" });
  }

  function show(sentence, done) {
    making.hidden = false;
    bar.value = done;
    says.textContent = sentence;
    title.textContent = done ? `${Math.round(100 * done)} %` : "Film";
  }

  function rest() {
    making.hidden = true;
    title.textContent = "Film";
    box.open = false;
  }

  function failed(sentence) {
    rest();
    player.notice(sentence);
  }
}
