/** How names and numbers are written on a page. */

/** A name with its index below the line: x_0 is x₀. @param {string} name */
export const typeset = (name) => name.replace(/\bx_([0t])\b/g, (_, index) => (index === "0" ? "x₀" : "xₜ"));

/** How many times as much: two digits, and no powers of ten below a million. @param {number} ratio */
export function times(ratio) {
  if (ratio < 10) return ratio.toPrecision(2);
  return ratio < 1e6 ? Math.round(ratio).toLocaleString("en") : ratio.toExponential(1);
}

/** How fast it goes: 12 steps a second, a step in 3 seconds. @param {number} rate steps a second */
export function pace(rate) {
  if (rate >= 1.5) return `${Math.round(rate)} steps a second`;
  const seconds = Math.round(1 / rate);
  return seconds > 1 ? `a step in ${seconds} seconds` : "a step a second";
}

/**
 * What it costs that others compute too; empty if nobody does.
 * @param {import("./run.js").Status} status
 */
export function shared({ people = 1, rate }) {
  if (people < 2) return "";
  return `${people} people share this computer${rate ? `: about ${pace(rate)}` : ""}`;
}

const ONE = { children: "child", times: "times" };

/** A unit as it stands behind a number: 2 pictures, 1 picture. @param {number} value @param {string} [unit] */
export const counted = (value, unit = "") => (value === 1 ? ONE[unit] ?? unit.replace(/s\b/, "") : unit);

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** How many follow a room. @param {number} count */
export const followers = (count) => (count === 0 ? "Nobody follows yet" : count === 1 ? "1 person follows" : `${count} people follow`);
