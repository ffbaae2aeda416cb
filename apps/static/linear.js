/** What the page Linear adds to the player: what stands in the columns, and the sum with its numbers. */

import { extension as keeping } from "./keep.js";

const COLUMNS = ["digit", "weights", "step", "digit after"];
const ROWS = [["", "The linear model", "its weights"], ["network ", "The small network", "its slope at this digit"]];
const MARKUP = `
<div class="sums" aria-live="off">${ROWS.map(([, title]) => `<section><h2>${title}</h2><table></table><p></p></section>`).join("")}</div>`;

/** @type {import("./page.js").Extension} */
export function extension(player, page) {
  const figure = player.element.querySelector(".main .frame");
  figure.insertAdjacentHTML("beforebegin", `<p class="columns">${COLUMNS.map((one) => `<span>${one}</span>`).join("")}</p>`);
  const sums = document.createElement("section");
  sums.innerHTML = MARKUP;
  player.below(sums, "The sum");
  keeping(player, page);
  const sections = [...player.element.querySelectorAll(".sums section")];

  function draw() {
    const at = (name) => player.chart.at(player.step, name);
    if (at("margin") == null) return;
    const [own, target, levels] = [at("digit"), at("target"), at("epsilon")];
    ROWS.forEach(([name, , weights], i) => {
      const along = player.settings.direction === "sign";
      const before = at(`${name}margin before`), sum = at(`${name}sum of weights`);
      const predicted = at(`${name}predicted change`), clipped = at(`${name}clipped`), after = at(`${name}margin`);
      const rows = [
        [`for ${target} rather than ${own}, before`, signed(before)],
        [along ? `${levels} / 255 × ${sum.toFixed(2)}, the sizes of ${weights} added up` : `${levels} / 255 × the step along ${weights}`, signed(predicted)],
        ["cut off at black and white", signed(-clipped)],
        [name ? "so a straight line would come to" : "so it must come to", signed(before + predicted - clipped), "total"],
        [name ? "the network says" : "the model says", signed(after), "total"],
      ];
      sections[i].querySelector("table").innerHTML = rows
        .map(([what, value, kind = ""]) => `<tr class="${kind}"><th scope="row">${what}</th><td>${value}</td></tr>`).join("");
      const read = at(`${name}read as`), off = after - (before + predicted - clipped);
      sections[i].querySelector("p").textContent = `Reads ${read}. ${name
        ? `Off the straight line by ${Math.abs(off).toFixed(2)}: it bends.`
        : `Off the sum by ${Math.abs(off) < 1e-4 ? "less than 0.0001" : Math.abs(off).toExponential(1)}.`}`;
    });
  }
  const signed = (value) => `${value < 0 ? "−" : "+"} ${Math.abs(value).toFixed(3)}`;

  player.heard(({ status, settings, seen }) => {
    if (status || settings || seen !== undefined) draw();
  });
}
