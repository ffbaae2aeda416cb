/** The numbers of a probe as a table: its own, the control's, and what was before. */

import { short } from "./curve.js";

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function readings(player, wanted) {
  const panel = document.createElement("section"), table = document.createElement("dl");
  panel.innerHTML = "<h2>In numbers</h2>";
  panel.append(table);
  table.className = "readings";
  player.below(panel, "In numbers");

  function row([name, words]) {
    const own = player.chart.at(player.step, name);
    if (own == null) return "";
    const more = [["control", `control ${name}`, "its"], ["before", `${name}, before`, "was"]].map(([said, other, kind]) => {
      const value = player.chart.at(player.step, other);
      return value == null ? "" : ` <span class="${kind}">${said} ${figures(value)}</span>`;
    });
    return `<div><dt>${escaped(words)}</dt><dd><b>${figures(own)}</b>${more.join("")}</dd></div>`;
  }

  let waiting = 0;
  player.heard(({ status, hello }) => {
    if (!(status || hello) || waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      table.innerHTML = wanted.map(row).join("");
    }, 120);
  });
}

/** Whole numbers whole, shares to three places, so that a row does not dance. */
function figures(value) {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 10 && Math.abs(value) >= 0.0005 ? value.toFixed(3) : Math.abs(value) < 0.0005 ? "0.000" : short(value);
}
