/** What a probe shows beside picture and control: more panels, and a table of its numbers. */

import { short } from "/static/curve.js";

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const upper = (text) => text[0].toUpperCase() + text.slice(1);

/** A figure for every panel that the player has no place for, and config.readings as a table. */
export function panels(lab, config) {
  const strip = document.createElement("div");
  strip.className = "more";
  strip.hidden = true;
  lab.element.querySelector(".views").after(strip);
  const table = document.createElement("dl");
  table.className = "readings";
  const readings = config.readings ?? [];

  lab.heard(({ hello }) => {
    if (!hello || hello.probe !== config.probe) return;
    const wanted = hello.panels.filter((name) => !["picture", "control"].includes(name));
    for (const figure of [...strip.querySelectorAll("figure")]) {
      if (!wanted.includes(figure.dataset.panel)) {
        delete lab.canvases[figure.dataset.panel];
        figure.remove();
      }
    }
    for (const name of wanted) {
      if (!lab.canvases[name]) strip.append(figure(name));
    }
    if (readings.length) strip.append(table);
    strip.hidden = !strip.children.length;
  });

  function figure(name) {
    const made = document.createElement("figure");
    made.dataset.panel = name;
    made.hidden = true; // it may be a sentence: until a picture has come
    made.innerHTML = `<canvas width="1" height="1" role="img" aria-label="${escaped(upper(name))}"></canvas>
      <figcaption>${escaped(upper(name))}</figcaption>`;
    lab.canvases[name] = made.querySelector("canvas");
    return made;
  }

  function row([name, words]) {
    const own = lab.chart.at(lab.step, name);
    if (own == null) return "";
    const more = [["control", `control ${name}`, "its"], ["before", `${name}, before`, "was"]].map(([said, other, kind]) => {
      const value = lab.chart.at(lab.step, other);
      return value == null ? "" : ` <span class="${kind}">${said} ${figures(value)}</span>`;
    });
    return `<div><dt>${escaped(words)}</dt><dd><b>${figures(own)}</b>${more.join("")}</dd></div>`;
  }

  let waiting = 0;
  lab.heard(({ status, hello }) => {
    if (!(status || hello) || waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      for (const made of strip.querySelectorAll("figure")) made.hidden = made.firstElementChild.width < 2;
      table.innerHTML = readings.map(row).join("");
    }, 120);
  });
}

/** Whole numbers whole, shares to three places, so that a row does not dance. */
function figures(value) {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 10 && Math.abs(value) >= 0.0005 ? value.toFixed(3) : Math.abs(value) < 0.0005 ? "0.000" : short(value);
}
