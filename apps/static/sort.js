/** What the page Sort adds to the player: the sheet of pictures, which clicks and keys put on two piles. */

import { across } from "./panels.js";

const WORDS = ["none", "one", "two"]; // as core.latents.piles counts them
const SAID = ["on no pile", "on pile one", "on pile two"];
const RECENT = 60; // steps
const PATIENCE = 5000; // ms that a wish is shown before the run has answered
const MARKUP = `
<div class="tiles" role="group" aria-label="Pictures to sort. Arrow keys move; 1, 2 and 0 put; Enter goes on to the next pile"></div>
<p class="moves"><span class="pile-1" title="on pile one"><i>1</i><b></b></span><span class="pile-2" title="on pile two"><i>2</i><b></b></span>
  <span class="how">Click a picture: one, two, none</span>
  <button type="button" data-act="undo" title="Take the last move back">Undo</button>
  <button type="button" data-act="swap" title="Pile one becomes pile two">Swap</button>
  <button type="button" data-act="clear" title="Put all pictures back, and sort them yourself">Clear</button></p>
<canvas class="source" width="1" height="1" data-more="1" hidden></canvas>`;

/** @type {import("./page.js").Extension} */
export function extension(player) {
  const section = document.createElement("section");
  section.className = "sorting";
  section.setAttribute("aria-label", "The sheet");
  section.innerHTML = MARKUP;
  player.element.querySelector(".beside").prepend(section);
  const grid = /** @type {HTMLElement} */ (section.querySelector(".tiles"));
  const source = /** @type {HTMLCanvasElement} */ (section.querySelector(".source"));
  player.claim("sheet", source);
  /** @type {HTMLButtonElement[]} */
  let tiles = [];
  /** @type {number[]} what the run has said, a pile a tile */
  let piles = [];
  /** @type {Map<number, {pile: number, at: number}>} what was asked for, until the run has said so */
  const wished = new Map();

  const pile = (tile) => wished.get(tile)?.pile ?? piles[tile] ?? 0;

  // asking

  /** Whether it was said; a run that rests takes the step that reads it. */
  function act(name, values) {
    if (!player.act(name, values)) return player.notice("Nobody hears this now: sort on once the lab is back."), false;
    if (player.state !== "running") player.one();
    return true;
  }
  function put(tile, to) {
    if (act("put", { tile, pile: WORDS[to] })) wished.set(tile, { pile: to, at: performance.now() });
    name(tile);
  }

  grid.addEventListener("click", ({ target }) => {
    const tile = tiles.indexOf(/** @type {Element} */ (target).closest("button"));
    if (tile < 0) return;
    stand(tile);
    put(tile, (pile(tile) + 1) % WORDS.length);
  });
  grid.addEventListener("keydown", (event) => {
    const tile = tiles.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    if (tile < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const to = ["0", "1", "2"].indexOf(event.key);
    if (by !== undefined) stand(Math.min(tiles.length - 1, Math.max(0, tile + by)), true);
    else if (to >= 0) put(tile, to);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  for (const button of section.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () => {
      wished.clear();
      act(/** @type {HTMLElement} */ (button).dataset.act, {});
    });
  }

  /** One tile of all is reached by Tab: the last that was used. */
  function stand(tile, focused = false) {
    tiles.forEach((one, i) => (one.tabIndex = i === tile ? 0 : -1));
    if (focused) tiles[tile].focus();
  }

  // showing

  function fill() {
    tiles = piles.map(() => {
      const made = document.createElement("button");
      made.type = "button";
      made.append(document.createElement("canvas"));
      return made;
    });
    grid.replaceChildren(...tiles);
    stand(0);
  }

  function name(tile) {
    const now = pile(tile);
    tiles[tile].dataset.pile = `${now}`;
    tiles[tile].classList.toggle("wished", wished.has(tile)); // its badge comes with the next frame
    tiles[tile].setAttribute("aria-label", `Picture ${tile + 1}, ${SAID[now]}`);
  }

  /** Each tile is cut out of the sheet, which has its badges already; hairlines lie between. */
  function cut() {
    if (source.width < 2) return;
    const columns = across(tiles.length), rows = Math.ceil(tiles.length / columns);
    const wide = (source.width + 1) / columns, tall = (source.height + 1) / rows;
    tiles.forEach((one, i) => {
      const canvas = /** @type {HTMLCanvasElement} */ (one.firstChild);
      if (canvas.width !== wide - 1) [canvas.width, canvas.height] = [wide - 1, tall - 1];
      canvas.getContext("2d").drawImage(source, (i % columns) * wide, Math.floor(i / columns) * tall, wide - 1, tall - 1, 0, 0, wide - 1, tall - 1);
    });
  }

  /** The numbers of the step that is shown, or of the last before it: they come a few times a second. */
  function numbers() {
    for (let step = player.step; step > player.step - RECENT && step >= 0; step -= 1) {
      if (player.numbers.has(step)) return player.numbers.get(step);
    }
    return {};
  }

  function paint() {
    const values = numbers();
    if (tiles.length) cut();
    if (!Array.isArray(values.piles)) return;
    piles = values.piles;
    for (const [tile, { pile: to, at }] of wished) {
      if (piles[tile] === to || performance.now() - at > PATIENCE) wished.delete(tile);
    }
    if (tiles.length !== piles.length) fill(), cut();
    tiles.forEach((_, tile) => name(tile));
    section.querySelector(".pile-1 b").textContent = `${values.ones}`;
    section.querySelector(".pile-2 b").textContent = `${values.twos}`;
    const empty = !values.ones && !values.twos;
    for (const [act, idle] of Object.entries({ undo: !values.moves, swap: empty, clear: empty })) {
      /** @type {HTMLButtonElement} */ (section.querySelector(`[data-act=${act}]`)).disabled = idle;
    }
  }

  player.heard(({ hello, fresh, seen, status }) => {
    if (hello && fresh) piles = [], wished.clear(); // nobody knows yet how those of another run lie
    if (seen !== undefined || status) paint();
  });
}
