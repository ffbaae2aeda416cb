/** What the page Evolve adds to the player: each class's elite close by, breeding, and the price of a look inside. */

import { keeping } from "./keep.js";
import { prices } from "./prices.js";

const MARKUP = `
<div class="prices"></div>
<section class="elite" aria-label="One elite close by">
  <h2>One of them close by <label>class <input type="text" list="elite-classes" autocomplete="off"
    aria-label="Class of the elite"></label><datalist id="elite-classes"></datalist></h2>
  <div class="card">
    <figure><img class="large" alt=""><figcaption class="drawn"></figcaption></figure>
    <div>
      <p class="is" aria-live="polite">Choose a tile of the wall: its picture, what the network says of it, and whom it descends from.</p>
      <p class="breed"><button type="button" data-breed="one" disabled>Breed it alone</button>
        <button type="button" data-breed="two" disabled>Breed it with…</button></p>
      <ol class="line"></ol>
    </div>
  </div>
</section>`;
const WIDEST = 2.6; // width over height of a wall
const FRESH = 1200; // ms between two looks at an elite while the run goes on

/** @type {import("./page.js").Extension} */
export function extension(player, page) {
  const whole = document.createElement("div");
  whole.className = "evolution";
  whole.innerHTML = MARKUP;
  player.below(whole, "One close by");
  const $ = (name) => whole.querySelector(name);
  const wall = player.canvases.picture, frame = wall.parentElement;
  frame.insertAdjacentHTML("beforeend", '<i class="seat" hidden></i><i class="seat mate" hidden></i>');
  const [seat, mate] = frame.querySelectorAll(".seat");
  const input = $("input"), one = $("[data-breed=one]"), two = $("[data-breed=two]");
  const price = prices($(".prices"), player), kept = keeping(player, $(".breed"), () => chosen);
  kept.disabled = true;
  let handed = +(page.recall("elite") ?? -1); // by the gallery: whose elite was kept there
  let asking = "", known = ""; // networks whose classes are asked for, and are there
  let labels = [], chosen = -1, partner = -1, choosing = false, timer = 0, looked = { step: -1, at: 0 };

  async function classes() {
    const name = player.settings.network;
    if (name === asking) return;
    asking = name;
    const answer = await fetch(`/networks/${encodeURIComponent(name)}.json`);
    if (!answer.ok || name !== asking) return;
    labels = (await answer.json()).labels ?? [];
    $("datalist").replaceChildren(...labels.map((label) => new Option(label)));
    known = name;
    choose(-1);
  }

  // which tile is where

  /** As core.evolution.walls lays the tiles: none is left over, if the wall is not too wide then. */
  function columns() {
    const count = labels.length || 1, least = Math.ceil(Math.sqrt(count));
    let even = least;
    while (count % even) even += 1;
    return even * even <= WIDEST * count ? even : least;
  }
  function under(event) {
    const box = wall.getBoundingClientRect(), tile = box.width / columns();
    const label = Math.floor((event.clientY - box.top) / tile) * columns() + Math.floor((event.clientX - box.left) / tile);
    return label >= 0 && label < labels.length && player.step >= 0 ? label : -1;
  }
  function place(mark, label) {
    mark.hidden = label < 0;
    if (label < 0) return;
    const box = wall.getBoundingClientRect(), at = frame.getBoundingClientRect(), tile = box.width / columns();
    Object.assign(mark.style, {
      left: `${box.left - at.left + (label % columns()) * tile}px`, top: `${box.top - at.top + Math.floor(label / columns()) * tile}px`,
      width: `${tile}px`, height: `${tile}px`,
    });
  }
  const marks = () => (place(seat, chosen), place(mate, partner));

  wall.addEventListener("pointermove", (event) => {
    const label = under(event);
    wall.style.cursor = label < 0 ? "" : "pointer";
    wall.title = label < 0 ? "" : choosing ? `Breed with ${labels[label]}` : labels[label];
  });
  wall.addEventListener("click", (event) => {
    const label = under(event);
    if (label < 0) return;
    choosing ? pair(label) : choose(label);
  });
  new ResizeObserver(marks).observe(wall);

  // one elite

  function choose(label) {
    chosen = label;
    partner = -1;
    waiting(false);
    marks();
    one.disabled = two.disabled = kept.disabled = label < 0;
    input.value = label < 0 ? "" : labels[label];
    whole.classList.toggle("chosen", label >= 0);
    if (label >= 0) look();
  }

  async function look() {
    clearTimeout(timer);
    timer = 0;
    const asked = { label: chosen, run: player.run };
    looked = { step: player.step, at: performance.now(), run: player.run };
    const query = new URLSearchParams({ run: `${player.run}`, token: player.token(), label: `${chosen}` });
    const answer = await fetch(`/evolve/elite.json?${query}`).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (!told || asked.label !== chosen || asked.run !== player.run) return;
    told.sentence ? ($(".is").textContent = told.sentence) : show(told);
  }

  const share = (p) => (p > 0.9999 ? "more than 99.99 %" : `${(100 * p).toPrecision(p < 0.1 ? 2 : 4)} %`);
  function show(told) {
    const [first] = told.line;
    $(".large").src = told.large;
    $(".large").alt = `What the network takes for ${told.name}`;
    $(".drawn").textContent = player.settings.encoding === "graphs" ? "the same graph, drawn larger" : "every pixel enlarged";
    const other = first.first === told.name ? "" : `, but more of ${first.first}`;
    $(".is").innerHTML = "";
    $(".is").append(
      strong(told.name), `: the network is ${share(first.sure)} sure${other}. Moved by 3 px: ${share(told.shifted)}. Found by question ${first.query.toLocaleString("en")}`,
      first.origin && first.origin !== told.name ? `, a child of the elite of ${first.origin}.` : ".",
    );
    $(".line").replaceChildren(...told.line.map((relative, i) => {
      const item = document.createElement("li");
      const from = relative.origin && relative.origin !== told.name;
      item.innerHTML = "<img alt=''><span></span>";
      const image = item.querySelector("img");
      image.src = relative.picture;
      image.alt = `Question ${relative.query}`;
      item.lastChild.textContent = `${share(relative.sure)}${from ? ` · from ${relative.origin}` : relative.origin ? "" : " · at random"}`;
      item.title = `Question ${relative.query}${i ? `, read as ${relative.first}` : ""}`;
      item.classList.toggle("switched", Boolean(from));
      return item;
    }));
  }
  const strong = (text) => Object.assign(document.createElement("b"), { textContent: text });

  input.addEventListener("change", () => {
    const said = input.value.trim().toLowerCase();
    const label = labels.findIndex((name) => name.toLowerCase() === said);
    if (label < 0) player.notice(`The network knows no class ${input.value}: choose one of the list.`);
    else choosing ? pair(label) : choose(label);
  });

  // breeding

  function waiting(now) {
    choosing = now;
    two.setAttribute("aria-pressed", now);
    two.textContent = now ? "Now choose its partner" : "Breed it with…";
  }
  one.addEventListener("click", () => breed(chosen));
  two.addEventListener("click", () => waiting(!choosing));
  function pair(label) {
    partner = label;
    waiting(false);
    marks();
    breed(label);
  }
  function breed(other) {
    player.act("breed", { first: chosen, second: other });
    const who = other === chosen ? labels[chosen] : `${labels[chosen]} and ${labels[other]}`;
    player.notice(`The next children are all of ${who}.`);
    if (player.state !== "running") player.one();
  }

  // what the run says

  player.heard((what) => {
    if (what.settings) classes();
    if (what.hello?.run && what.fresh) choose(-1);
    if (what.status) {
      price();
      if (handed >= 0 && player.step >= 0 && known === player.settings.network) {
        choose(handed);
        handed = -1;
      }
      const moved = chosen >= 0 && player.step !== looked.step;
      timer ||= moved ? setTimeout(look, Math.max(0, looked.at + FRESH - performance.now())) : 0;
    }
  });
  classes();
}
