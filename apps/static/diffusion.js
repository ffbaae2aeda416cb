/** What the page Diffusion adds to the player: the formula with the numbers of one pixel, and paint on the picture. */

const COLOURS = { red: [0.85, 0.2, 0.15], ginger: [0.9, 0.55, 0.25], yellow: [0.98, 0.85, 0.3], green: [0.25, 0.6, 0.3], blue: [0.2, 0.4, 0.85], black: [0.08, 0.08, 0.08], white: [0.97, 0.97, 0.97] };
const RADII = { small: 0.03, large: 0.08 }; // shares of the picture's side
const APART = 0.5; // of a radius, from one dab of a stroke to the next
const MARKUP = `<p class="formula" aria-live="off"><span class="law">x̂₀ = (xₜ − √(1 − α) · ε) / √α</span><span class="numbers"></span></p>`;
const TOOLS = `<p class="dabs" role="group" aria-label="Paint" hidden>
  ${Object.entries(COLOURS).map(([name, rgb]) => `<button type="button" class="colour" data-colour="${name}" aria-label="${name}" title="${name}" style="--colour: rgb(${rgb.map((part) => Math.round(255 * part)).join(" ")})"></button>`).join("")}
  ${Object.keys(RADII).map((name) => `<button type="button" data-radius="${name}">${name}</button>`).join("")}
  <button type="button" data-wipe title="Take all paint off">Wipe</button></p>`;

/** Numbers with a true minus, two places. @param {number} value */
const said = (value) => (Math.abs(value) < 0.005 ? "0" : value.toFixed(2)).replace("-", "−").replace(/^(−?)0\./, "$1.");

/** @type {import("./page.js").Extension} */
export function extension(player) {
  const $ = (selector) => player.element.querySelector(selector);
  $(".views").insertAdjacentHTML("afterend", MARKUP);
  $(".frame").insertAdjacentHTML("beforeend", TOOLS);
  const numbers = $(".formula .numbers"), tools = $(".dabs"), picture = $("canvas.picture");
  const open = Object.assign(document.createElement("button"), { type: "button", className: "paint-open", title: "Paint on the guess; the rest will follow" });
  open.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M10.500 2.500l3 3L7 12l-3.500.500L4 9zM3 14h10v-1H3z"/></svg><span>Paint</span>`;
  open.setAttribute("aria-pressed", "false");
  $(".bar .twin-open").before(open);
  let colour = "red", radius = "large", last = null;

  // the formula

  function paint() {
    const at = (name) => player.chart.at(player.step, name);
    const [alpha, x, epsilon, guess] = ["alpha_bar", "x_t here", "epsilon here", "x_0 here"].map(at);
    if (alpha == null || x == null) return;
    if (alpha === 1) numbers.textContent = "α = 1: nothing is noise any more";
    else {
      const law = `(<b>${said(x)}</b> − ${said(Math.sqrt(1 - alpha))} · <b>${said(epsilon)}</b>) / ${Math.sqrt(alpha) < 0.005 ? Math.sqrt(alpha).toExponential(0).replace("e-", " · 10⁻").replace(/⁻(\d)/, (_, d) => `⁻${"⁰¹²³⁴⁵⁶⁷⁸⁹"[d]}`) : said(Math.sqrt(alpha))}`;
      numbers.innerHTML = `at the ring: ${law} = <b>${said(guess)}</b>`;
    }
  }

  // paint

  function show(on) {
    tools.hidden = !on;
    open.setAttribute("aria-pressed", `${on}`);
    $(".frame").classList.toggle("painted", on);
    for (const one of tools.querySelectorAll("button")) {
      const chosen = one.dataset.colour === colour || one.dataset.radius === radius;
      if (!("wipe" in one.dataset)) one.setAttribute("aria-pressed", `${chosen}`);
    }
  }

  /** Whether it was said; a run that rests takes the step that reads it. */
  function act(name, values) {
    if (player.state === "ended" || player.state === "failed") return player.notice("The picture is done: go back on the time line, then paint."), false;
    if (!player.act(name, values)) return player.notice("Nobody hears this now: paint on once the lab is back."), false;
    return true;
  }

  function dab({ clientX, clientY }) {
    const box = picture.getBoundingClientRect();
    const at = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    if (at.some((share) => share < 0 || share > 1)) return true;
    if (last && Math.hypot(at[0] - last[0], at[1] - last[1]) < APART * RADII[radius]) return true;
    last = at;
    const [red, green, blue] = COLOURS[colour], round = (value) => +value.toFixed(3);
    return act("paint", { x: round(at[0]), y: round(at[1]), size: RADII[radius], red, green, blue });
  }

  open.addEventListener("click", () => show(tools.hidden));
  tools.addEventListener("click", ({ target }) => {
    const data = /** @type {HTMLElement} */ (/** @type {Element} */ (target).closest("button"))?.dataset ?? {};
    if (data.colour) colour = data.colour;
    if (data.radius) radius = data.radius;
    if ("wipe" in data) act("wipe", {}) && player.state !== "running" && player.one();
    show(true);
  });
  picture.addEventListener("pointerdown", (event) => {
    if (tools.hidden || event.button) return;
    event.preventDefault();
    last = null;
    if (!dab(event)) return;
    picture.setPointerCapture(event.pointerId);
    const follow = (moved) => void dab(moved);
    picture.addEventListener("pointermove", follow);
    picture.addEventListener("lostpointercapture", () => {
      picture.removeEventListener("pointermove", follow);
      if (player.state !== "running") player.one();
    }, { once: true });
  });

  player.heard(({ status, settings, seen }) => {
    if (status || settings || seen !== undefined) paint();
  });
  show(false);
}
