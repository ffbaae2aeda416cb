/** A guess before the reveal: the run waits behind a question, and says at its step what was right. */

/**
 * @typedef {object} Guess as apps/kit/preset.py has it
 * @property {string} question
 * @property {string[]} answers
 * @property {number} right the place of the right answer, from 0
 * @property {string} reveal what the page shows in the end
 *
 * @typedef {object} Room what follow.js offers: people who guess on their phones
 * @property {() => number} count how many are there; 0 too where there is no room
 * @property {(guess: Guess, watch: () => void) => void} ask has them guess; `watch` is called when that is to end
 * @property {(what: "watch" | "reveal" | "drop") => void} advance
 * @property {() => number[]} counts how many chose each of the answers
 */

const NOWHERE = "input, select, textarea, [contenteditable]";

/** What was right, and what is seen. @param {Guess} guess @param {number | null} choice none: nobody was asked here */
export function verdict({ right, reveal, answers }, choice) {
  if (choice === null) return reveal;
  return choice === right ? `Right. ${reveal}` : `Not so: “${answers[right]}” is right. ${reveal}`;
}

/** The preset whose guess is meant: the one that is shown, or the first that has one; -1 if none has. */
export function meant(presets, chosen) {
  return presets[chosen]?.guess ? chosen : presets.findIndex(({ guess }) => guess);
}

/**
 * How many chose each of the answers, as bars.
 * @param {string[]} answers
 * @param {number[]} counts
 * @param {number | null} [right] marked, once it may be known
 */
export function bars(answers, counts, right = null) {
  const list = document.createElement("ol"), most = Math.max(1, ...counts);
  list.className = "guess-bars";
  list.append(...answers.map((answer, i) => {
    const row = document.createElement("li");
    row.classList.toggle("right", i === right);
    row.style.setProperty("--share", `${counts[i] / most}`);
    row.innerHTML = "<span></span><output></output>";
    row.firstElementChild.textContent = i === right ? `${answer} (right)` : answer;
    row.lastElementChild.textContent = `${counts[i]}`;
    return row;
  }));
  return list;
}

/**
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Config} config
 * @param {Room} room
 */
export function guessing(player, config, room) {
  if (meant(config.presets, -1) < 0) return;
  const open = document.createElement("button"), cover = document.createElement("div"), said = document.createElement("p");
  Object.assign(open, { type: "button", className: "guess-open", textContent: "Guess first", title: "Guess before you see (G)", hidden: true });
  cover.className = "guess-cover";
  cover.hidden = true;
  cover.setAttribute("role", "group");
  cover.setAttribute("aria-label", "A guess");
  said.className = "guess-said";
  said.hidden = true;
  said.setAttribute("role", "status");
  player.element.querySelector(".views").append(cover, said);
  document.querySelector(".path .foot").append(open); // below the preset's sentence

  /** @type {{at: number, guess: Guess, phase: "asking" | "watching", held: boolean, choice: number | null, ours: boolean} | null} */
  let now = null;

  function ask() {
    const at = meant(config.presets, player.chosen), { guess } = config.presets[at];
    leave();
    now = { at, guess, phase: "asking", held: false, choice: null, ours: room.count() > 0 };
    show(now);
    player.preset(at);
    if (now.ours) room.ask(guess, watch);
  }

  function show({ guess, ours }) {
    cover.innerHTML = `<h2></h2><div class="answers"></div><p class="hint"></p><button type="button" class="skip">Do not guess</button>`;
    cover.querySelector("h2").textContent = guess.question;
    cover.querySelector(".answers").append(...guess.answers.map((answer, i) => choice(answer, i, ours)));
    cover.querySelector(".hint").textContent = ours
      ? "Guess on your phone; the run waits until the lecturer presses Reveal."
      : "Choose one; then it runs, and you see.";
    cover.querySelector(".skip").addEventListener("click", skip);
    cover.hidden = false;
    said.hidden = true;
    cover.querySelector("button").focus({ preventScroll: true });
  }

  function choice(answer, i, ours) {
    const made = document.createElement(ours ? "p" : "button");
    made.textContent = answer;
    if (made instanceof HTMLButtonElement) {
      made.type = "button";
      made.addEventListener("click", () => now && ((now.choice = i), watch()));
    }
    return made;
  }

  /** Nobody guesses any more: it runs. */
  function watch() {
    if (now?.phase !== "asking") return;
    now.phase = "watching";
    cover.hidden = true;
    if (now.ours) room.advance("watch");
    if (now.choice !== null) tell(`You guess: ${now.guess.answers[now.choice]}`);
    if (now.held) player.state === "paused" ? player.play() : reveal();
  }

  function skip() {
    const waits = now?.phase === "asking" && now.held;
    leave();
    if (waits) player.play();
  }

  /** Forget it. */
  function leave() {
    if (now?.ours) room.advance("drop");
    now = null;
    cover.hidden = said.hidden = true;
  }

  function reveal() {
    const step = player.step;
    if (now?.phase !== "watching" || !now.held || step < config.presets[now.at].at_step) return;
    const { guess, ours, choice } = now, counts = room.counts(), all = counts.reduce((sum, n) => sum + n, 0);
    if (ours) room.advance("reveal");
    now = null;
    tell(ours && all ? `${verdict(guess, null)} ${counts[guess.right]} of ${all} guessed it.` : verdict(guess, choice));
  }

  function tell(text) {
    said.textContent = text;
    said.hidden = false;
  }

  player.heard(({ hello, fresh, preset, seen }) => {
    if (preset !== undefined) open.hidden = !config.presets[preset]?.guess;
    if (!now) return;
    if (hello && fresh) {
      if (now.held) return leave(); // another run: its end is not this one's
      now.held = true;
      if (now.phase === "asking") player.pause();
    }
    if (preset !== undefined && now.held && preset !== now.at) return leave();
    if (seen !== undefined) reveal();
  });

  open.addEventListener("click", () => (now ? skip() : ask()));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (/** @type {Element} */ (event.target).closest(NOWHERE)) return;
    const picked = now?.phase === "asking" && !now.ours ? cover.querySelectorAll(".answers button")[+event.key - 1] : null;
    if (event.key.toLowerCase() === "g") open.click();
    else if (event.key === "Escape" && now?.phase === "asking") skip();
    else if (picked) picked.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}
