/** Latents: a few of their numbers as sliders, drawn at random or all zero by a button. */

import { mark } from "./choices.js";

/** A number from the standard normal distribution, by Box and Muller. */
export function normal(random = Math.random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const held = (value, { low = -3, high = 3 }) => +Math.min(high, Math.max(low, value)).toFixed(2);

/** As many numbers as have a slider, drawn from the prior and held inside. */
export const drawn = (field, random = Math.random) => Array.from({ length: field.shown ?? 8 }, () => held(normal(random), field));

/** With one of its numbers changed; those before it that were left out become zero. */
export function changed(value, i, to, field) {
  const found = Array.from({ length: Math.max(value.length, i + 1) }, (_, j) => value[j] ?? held(0, field));
  found[i] = held(to, field);
  return found;
}

/**
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Field[]} fields
 * @param {(name: string, value: number[]) => void} change
 */
export function latents(player, fields, change) {
  const mine = Object.fromEntries(fields.filter(({ kind }) => kind === "Latent").map((field) => [field.name, field]));
  /** @returns {[HTMLElement | null, import("./page.js").Field | undefined]} the group that something is in */
  function around(target) {
    const group = /** @type {HTMLElement | null} */ (target.closest?.("[data-latent]"));
    return [group, mine[group?.dataset.latent]];
  }

  document.addEventListener("input", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target), [, field] = around(input);
    if (field) change(field.name, changed(player.settings[field.name], +input.dataset.at, +input.value, field));
  });
  document.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target), [, field] = around(target);
    const does = field && { random: () => drawn(field), zero: () => drawn(field).map(() => held(0, field)) }[target.dataset.draw];
    if (does) change(field.name, does());
  });

  /** Every slider stands where its setting says; the numbers that it leaves out are the seed's. */
  function values() {
    for (const field of Object.values(mine)) {
      const value = player.settings[field.name] ?? [];
      /** @type {NodeListOf<HTMLInputElement>} */
      const inputs = document.querySelectorAll(`[data-latent="${field.name}"] input`);
      inputs.forEach((input, i) => {
        if (input !== document.activeElement) input.value = `${value[i] ?? held(0, field)}`;
        mark(input, value[i] === undefined ? "by the seed" : `${value[i]}`.replace("-", "−"));
      });
    }
  }
  return { values };
}
