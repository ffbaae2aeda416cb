/** Follow me: the lecturer's card with the code for phones, who follows, the wheel, and what they guess. */

import { bars } from "./guess.js";
import { keep, kept } from "./leading.js";
import { followers } from "./words.js";

const NOWHERE = "input, select, textarea, [contenteditable]";
const MARKUP = `
<header><h2>Follow me</h2><button type="button" class="room-hide" title="Hide this card (Q)">Hide</button></header>
<button type="button" class="room-code" title="Larger, or as it was" aria-label="The code for cameras: larger, or as it was"></button>
<p class="room-address"><a target="_blank" rel="noopener"></a></p>
<p class="room-hint"></p>
<p class="room-count" role="status"></p>
<div class="room-guess" hidden><p></p><button type="button" class="room-reveal">Reveal</button></div>
<div class="room-wheel" hidden><label>The wheel <select><option value="0">is mine</option></select></label></div>
<p><button type="button" class="room-close" title="End the room: everybody is let go">Stop</button></p>`;

/** @typedef {{code: string, token: string, phones: number[], wheel: number, guess: any, invitation: any}} Known */

/**
 * @param {import("./player.js").Player} player
 * @returns {import("./guess.js").Room}
 */
export function follow(player) {
  const button = document.getElementById("follow");
  const card = document.createElement("aside");
  card.className = "room-card";
  card.setAttribute("aria-label", "Follow me");
  card.hidden = true;
  card.innerHTML = MARKUP;
  document.body.append(card);
  /** @type {(name: string) => any} */
  const $ = (name) => card.querySelector(`.room-${name}`);
  /** @type {Known | null} */
  let room = null;
  let asked = null, mine = false; // what ends the guess; whether this page has asked it
  let waits = false; // it was asked for, and is shown when it is there

  back(new URLSearchParams(location.search).get("room"), player.element);

  // asking

  /** Open a room, or come back to the one that this tab leads. @param {boolean} [show] */
  function lead(show = false) {
    const known = kept();
    waits ||= show;
    player.say(known ? { room: "open", ...known } : { room: "open" });
  }

  function toggle() {
    if (!room) return lead(true);
    card.hidden = !card.hidden;
  }

  function stop() {
    player.say({ room: "close" });
    forget();
  }

  function forget() {
    keep(null);
    room = asked = null;
    mine = waits = false;
    card.hidden = true;
    if (button) button.textContent = "Follow me";
  }

  // hearing

  player.heard(({ hello, room: said }) => {
    if (hello && kept()) lead();
    if (said?.sentence) return player.notice(said.sentence);
    if (said?.over) return forget(), player.notice(said.over);
    if (said?.elsewhere) return (room = null), (card.hidden = true);
    if (said) heard(said);
  });

  function heard(said) {
    room = Object.assign(room ?? {}, said);
    if (said.token) {
      keep({ code: room.code, token: room.token });
      invite(room.invitation);
    }
    if (!mine && room.guess && room.guess.stage !== "reveal") player.say({ ask: "drop" }); // of the page before
    if (waits) card.hidden = waits = false;
    paint();
  }

  function invite({ address, svg, sentence }) {
    const link = $("address").firstElementChild;
    $("code").innerHTML = svg;
    $("code").hidden = !svg;
    link.href = address;
    link.textContent = address;
    $("hint").textContent = sentence || "People on the same network can follow.";
  }

  function paint() {
    const { phones, wheel, guess } = room;
    $("count").textContent = followers(phones.length);
    if (button) button.textContent = phones.length ? `Following: ${phones.length}` : "Follow me";
    $("wheel").hidden = !phones.length;
    const select = $("wheel").querySelector("select"), offered = [0, ...phones].join();
    if (select.dataset.offered !== offered) {
      select.dataset.offered = offered;
      select.replaceChildren(new Option("is mine", "0"), ...phones.map((n) => new Option(`has phone ${n}`, `${n}`)));
    }
    if (select !== document.activeElement || !wheel) select.value = `${wheel}`;
    $("guess").hidden = !guess || !mine;
    card.classList.toggle("asks", Boolean(guess && mine));
    $("guess").querySelector(".guess-bars")?.remove();
    if (!guess || !mine) return;
    const given = guess.counts.reduce((sum, n) => sum + n, 0), open = guess.stage === "open";
    $("guess").firstElementChild.textContent = `${given} of ${phones.length} have guessed`;
    $("guess").firstElementChild.after(bars(guess.answers, guess.counts, guess.stage === "reveal" ? guess.right : null));
    $("reveal").hidden = !open;
  }

  // hands

  if (button) {
    button.hidden = false;
    button.addEventListener("click", toggle);
  }
  $("code").addEventListener("click", () => card.classList.toggle("large"));
  $("hide").addEventListener("click", () => (card.hidden = true));
  $("close").addEventListener("click", stop);
  $("reveal").addEventListener("click", () => asked?.());
  $("wheel").querySelector("select").addEventListener("change", ({ target }) => {
    player.say({ wheel: +target.value });
    target.blur();
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented || event.key.toLowerCase() !== "q") return;
    if (/** @type {Element} */ (event.target).closest(NOWHERE)) return;
    event.preventDefault();
    toggle();
  });

  return {
    count: () => room?.phones?.length ?? 0,
    counts: () => room?.guess?.counts ?? [],
    ask({ question, answers, right, reveal }, watch) {
      [asked, mine] = [watch, true];
      player.say({ ask: { question, answers, right, reveal } });
      card.hidden = false;
    },
    advance(what) {
      if (what === "drop") mine = false;
      player.say({ ask: what });
    },
  };
}

/** Somebody who broke away from a room has a way back to it. @param {string | null} code @param {HTMLElement} element */
function back(code, element) {
  if (!code || !/^[A-Za-z0-9]{1,12}$/.test(code)) return;
  const bar = document.createElement("p");
  bar.className = "room-back";
  bar.innerHTML = `<span>This run is yours now: it has left the room ${code.toUpperCase()}.</span> <a class="button" href="/f/${code.toUpperCase()}">Come back</a>`;
  element.prepend(bar);
}
