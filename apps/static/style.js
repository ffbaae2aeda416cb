/** What the page Style adds: bars and weights by layer, the tutorial's path, Gram matrices, the maps of a cell. */

import { curve } from "./curve.js";

const TOTAL = "tutorial's total", PATH = `${TOTAL}, in powers of ten`;
const OFTEN = 120; // ms from one painting to the next while pictures come
const WINDOW = 64, CELL = 6; // as core/styling/panels.py draws a matrix
const MARKUP = `
<h2>How much is left <span>of each layer's distance to the style; the slider is the layer's weight</span></h2>
<div class="lefts"></div>
<p class="totals"></p>
<div class="curve totals-of" hidden></div>
<h2>Which channels are active together <span>press a cell to see the two maps it multiplies</span></h2>
<div class="grams">
  <figure><canvas class="gram" width="1" height="1" role="img" tabindex="0"></canvas><figcaption>of the picture</figcaption></figure>
  <figure><canvas class="style-gram" width="1" height="1" role="img"></canvas><figcaption>of the style</figcaption></figure>
  <figure class="wide"><canvas class="maps" width="1" height="1" role="img"></canvas>
    <figcaption class="of"><span class="one"></span><span class="other"></span><span>their product</span></figcaption></figure>
  <figure><canvas class="pull" width="1" height="1" role="img"></canvas><figcaption>where the style still pulls</figcaption></figure>
</div>
<p class="cell" aria-live="polite"></p>
<p class="order"><button type="button" class="permute" aria-pressed="false">Permute all positions</button> <span class="permuted"></span></p>`;

/** @type {import("./page.js").Extension} */
export function extension(player) {
  const panel = document.createElement("section");
  panel.className = "textures";
  panel.setAttribute("aria-label", "Textures");
  panel.innerHTML = MARKUP;
  const $ = (name) => panel.querySelector(`.${name}`);
  player.below(panel, "Layer by layer");
  const named = { gram: "gram", "style gram": "style-gram", maps: "maps", pull: "pull" };
  for (const one of panel.querySelectorAll("canvas")) one.dataset.more = 1; // its shape is not the picture's
  for (const [name, place] of Object.entries(named)) player.claim(name, $(place));
  const bars = new Map(), path = curve($("totals-of"), { log: true });
  let painted = "";

  const say = (value) => (value == null ? "–" : Math.abs(value) >= 100 || (value && Math.abs(value) < 0.01) ? value.toExponential(1) : value.toPrecision(3));
  const percent = (value) => `${(100 * value).toPrecision(value < 0.1 ? 2 : 3)} %`;

  /** A layer's bar; its weight is that of its place among the network's layers. */
  function bar(layer, place) {
    const row = /** @type {HTMLDivElement & {weight: () => void}} */ (document.createElement("div")), name = `weight_${place + 1}`;
    const { low, high } = player.config.fields.find((field) => field.name === name);
    row.innerHTML = `<span></span><i><u></u></i><b></b>
      <label class="depth" id="set-${name}"><input type="range" min="${low}" max="${high}" step="0.05"><output></output></label>`;
    row.firstChild.textContent = layer;
    const input = row.querySelector("input");
    input.setAttribute("aria-label", `Weight of ${layer}`);
    input.addEventListener("input", () => player.set(name, +input.value));
    row.weight = () => {
      const value = player.settings[name];
      input.value = value;
      input.disabled = player.settings.loss !== player.config.defaults.loss; // the tutorial's has no weights
      input.style.setProperty("--played", (value - low) / (high - low));
      row.querySelector("output").textContent = `× ${+value.toPrecision(3)}`;
    };
    $("lefts").append(row);
    return row;
  }

  /** Ours and the tutorial's, by the tutorial's total, where it runs beside ours. */
  function follow() {
    path.clear();
    for (const [at, values] of player.numbers) {
      const [mine, its] = [TOTAL, `control ${TOTAL}`].map((name) => values[name]);
      if (its != null && at <= player.step) path.add(at, { [PATH]: mine, [`control ${PATH}`]: its });
    }
    $("totals-of").hidden = !path.values.size;
    path.draw(player.step);
  }

  function paint() {
    const values = player.numbers.get(player.step) ?? {};
    const layers = Object.keys(values).filter((name) => / left$/.test(name) && !/^(control |twin |)style left$/.test(name) && !name.startsWith("twin "));
    if (!layers.length) return;
    if (painted !== (painted = layers.join())) {
      bars.clear();
      $("lefts").replaceChildren();
      layers.forEach((name, i) => bars.set(name, bar(name.slice(0, -5), i)));
    }
    follow();
    for (const [name, row] of bars) {
      row.querySelector("i").style.setProperty("--left", Math.min(1, Math.max(0, values[name])));
      row.querySelector("b").textContent = percent(values[name]);
      row.weight();
    }
    const { layer, channel, other_channel: other } = player.settings;
    $("totals").textContent = `Content error ${say(values["content error"])} of ${player.settings.content_layer}'s size. `
      + `PyTorch's tutorial would count ${say(values[TOTAL])} for this picture on the same layers, ours counts ${say(values.loss)}.`
      + (values[`control ${TOTAL}`] == null ? "" : ` After as many evaluations the tutorial's own picture counts ${say(values[`control ${TOTAL}`])}.`);
    $("one").textContent = `channel ${channel}`;
    $("other").textContent = `channel ${other}`;
    $("cell").textContent = `${layer}: channels ${channel} and ${other} multiply to ${say(values.cell)} in the mean over the picture, `
      + `${say(values["style cell"])} over the style. Above the picture's maps, below the style's: the numbers meet, the maps need not.`;
    const changed = values["Gram changed"], now = changed != null;
    $("permute").setAttribute("aria-pressed", now);
    $("permute").textContent = now ? "Put them back" : "Permute all positions";
    $("permuted").textContent = now
      ? `The Gram matrix changed by ${say(changed)} of its size, rounding; the layer's error to the photograph went from ${say(values["error before"])} to ${say(values["error permuted"])}.`
      : `of ${layer}: what happens to the matrix, and to the content?`;
    $("gram").setAttribute("aria-label", `Gram matrix of ${layer} for the picture, cell ${channel}, ${other} chosen. Arrow keys choose another.`);
    $("style-gram").setAttribute("aria-label", `Gram matrix of ${layer} for the style picture`);
    $("maps").setAttribute("aria-label", $("cell").textContent);
    $("pull").setAttribute("aria-label", "The picture in grey; warm where the style's loss lies");
  }

  /** A live change is seen at the next step: a run that rests takes one. */
  function step() {
    if (player.state === "paused") setTimeout(() => player.one(), 60);
  }

  function choose(row, column) {
    player.set({ channel: row, other_channel: column });
    step();
  }

  const first = (n) => WINDOW * Math.floor(n / WINDOW);
  function press({ target, offsetX, offsetY }) {
    const scale = target.width / target.clientWidth / CELL;
    const [row, column] = [offsetY, offsetX].map((n) => Math.max(0, Math.min(target.width / CELL - 1, Math.floor(n * scale))));
    choose(first(player.settings.channel) + row, first(player.settings.other_channel) + column);
  }
  for (const name of ["gram", "style-gram"]) $(name).addEventListener("click", press);
  $("gram").addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    const { channel, other_channel: other } = player.settings, most = first(channel) + $("gram").height / CELL - 1;
    choose(Math.max(0, Math.min(most, channel + by[0])), Math.max(0, Math.min(most, other + by[1])));
  });
  $("permute").addEventListener("click", () => {
    player.act("permute");
    step();
  });

  let waiting = 0;
  player.heard(({ status, settings, seen }) => {
    if (status || settings) paint();
    else if (seen !== undefined) waiting ||= window.setTimeout(() => ((waiting = 0), paint()), OFTEN);
  });
}
