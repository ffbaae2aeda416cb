/** How names and numbers are written on a page. */

/** A name with its index below the line: x_0 is x₀. @param {string} name */
export const typeset = (name) => name.replace(/\bx_([0t])\b/g, (_, index) => (index === "0" ? "x₀" : "xₜ"));

/** How many times as much: two digits, and no powers of ten below a million. @param {number} ratio */
export function times(ratio) {
  if (ratio < 10) return ratio.toPrecision(2);
  return ratio < 1e6 ? Math.round(ratio).toLocaleString("en") : ratio.toExponential(1);
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** How many follow a room. @param {number} count */
export const followers = (count) => (count === 0 ? "Nobody follows yet" : count === 1 ? "1 person follows" : `${count} people follow`);
