/** Tiles of a layer without sprites: nine at a time as an ordinary run of Features, kept when it ends. */

import { run as opened } from "./run.js";

const GAP = 1; // px between the pictures of a panel
const AHEAD = "300px"; // how far out of sight a tile may be to be made

/**
 * `on.done(sheet)`: nine tiles are kept, and what was measured on them; `on.say(text)`: a sentence.
 * One run at a time, so that the sheet has one visitor's share of the lab.
 */
export function maker(on) {
  let table = null, tiles = [];
  let group = null; // {first, run, over}: the nine that are made now
  let told = false, timer = 0;
  const near = new Set(); // units in sight, or nearly

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      near[isIntersecting ? "add" : "delete"](+/** @type {HTMLElement} */ (target).dataset.unit);
    }
    clearTimeout(timer);
    timer = window.setTimeout(choose, 60); // somebody scrolls
  }, { rootMargin: `${AHEAD} 0px` });

  const run = opened({
    up: choose,
    away() {
      group = null;
      run.forget();
    },
    hello: ({ run: number }) => group && (group.run = number),
    frame({ parts }) {
      const picture = parts.find(({ name }) => name === "picture");
      if (picture && group?.run === run.number && !group.over) draw(picture.content);
    },
    status({ state, sentence }) {
      if (state === "failed") on.say(sentence);
      else if (told) on.say("");
      told = state === "failed";
      if (state === "failed") group = null;
      if (state === "ended") finish();
    },
    sentence: on.say,
  });

  /** The nine of the first tile in sight that has no picture; those made now go on if they are in sight. */
  function choose() {
    if (!table || table.whole) return;
    const there = (unit) => near.has(unit) && tiles[unit].isConnected;
    if (group && (group.over || members(group.first).some(there))) return;
    const wanted = inOrder().find((tile) => tile.dataset.made === undefined && near.has(+tile.dataset.unit));
    if (!wanted) return stopped();
    group = { first: wanted.dataset.unit - (wanted.dataset.unit % table.group), run: 0, over: false };
    run.open({ probe: "features", settings: { ...table.open, unit: group.first } });
  }

  function stopped() {
    if (group) run.do("stop");
    group = null;
  }
  const inOrder = () => [...document.querySelectorAll("#units [data-unit]")];
  const members = (first) => Array.from({ length: Math.min(table.group, table.channels - first) }, (_, i) => first + i);

  function draw(bitmap) {
    const columns = Math.ceil(Math.sqrt(table.group)), side = (bitmap.width - (columns - 1) * GAP) / columns;
    members(group.first).forEach((unit, i) => {
      const canvas = tiles[unit].querySelector("canvas") ?? added(tiles[unit], side);
      const [x, y] = [i % columns, Math.floor(i / columns)].map((at) => at * (side + GAP));
      canvas.getContext("2d").drawImage(bitmap, x, y, side, side, 0, 0, side, side);
    });
  }

  function added(tile, side) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = side;
    tile.append(canvas);
    return canvas;
  }

  /** The run has ended: the server keeps its tiles, and they take the place of what was drawn. */
  async function finish() {
    if (!group?.run || group.over) return;
    const mine = group, of = table;
    mine.over = true;
    const sheet = await kept(mine.run);
    if (of !== table) return; // another layer was chosen meanwhile
    group = null;
    if (sheet.sentence) {
      members(mine.first).forEach((unit) => (tiles[unit].dataset.made = "")); // what was drawn stays
      on.say(sheet.sentence);
      return choose();
    }
    choose();
    const image = new Image();
    image.src = sheet.address;
    await image.decode().catch(() => {});
    if (of !== table) return;
    on.done(sheet);
    members(mine.first).forEach((unit) => tiles[unit].querySelector("canvas")?.remove());
  }

  /** The sheet that a run ended in, or a sentence; asked for again, for a busy lab may be late. */
  async function kept(number) {
    const address = `/units/keep?${new URLSearchParams({ run: `${number}`, token: run.token })}`;
    let said = { sentence: "The lab does not answer: these tiles are not kept." };
    for (let tries = 0; tries < 3; tries += 1) {
      if (tries) await new Promise((later) => setTimeout(later, 500));
      const answer = await fetch(address, { method: "POST" }).catch(() => null);
      said = (await answer?.json().catch(() => null)) ?? said;
      if (answer?.ok) break;
    }
    return said;
  }

  function open(found, links) {
    [table, tiles] = [found, links];
    if (!found.whole) tiles.forEach((tile) => tile.dataset.made === undefined && sight.observe(tile));
  }

  function stop() {
    sight.disconnect();
    near.clear();
    stopped();
    table = null;
  }

  return { open, stop };
}
