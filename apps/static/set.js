/** Sets of attributes: a button for each, pressed where it is one of them. */

/** @typedef {import("./page.js").Field} Field */

const ROOM = 20; // characters of names that fit into a sentence

/** A set in words, for a sentence. @param {Field} field @param {string[]} value @param {string[]} [apart] never of it */
export function said({ every, without = "nothing" }, value = [], apart = []) {
  if (value.includes(every)) return every;
  const names = value.filter((name) => !apart.includes(name)).map(plain);
  const words = names.join(" and ");
  if (!names.length) return without;
  return names.length < 3 && words.length <= ROOM ? words : `${names.length} attribute${names.length > 1 ? "s" : ""}`;
}

export const plain = (name) => name.replaceAll("_", " ");

/**
 * The set with one attribute in or out of it. All but those `apart` may stand in it as one word.
 * @param {Field} field @param {string[]} value @param {string} name @param {string[]} every @param {string[]} apart
 */
export function toggled(field, value, name, every, apart) {
  const now = value.includes(field.every) ? every.filter((one) => !apart.includes(one)) : value;
  return now.includes(name) ? now.filter((one) => one !== name) : [...now, name].sort();
}

/**
 * @param {import("./player.js").Player} player
 * @param {Field[]} fields
 * @param {(name: string, value: string[]) => void} change
 */
export function sets(player, fields, change) {
  const mine = Object.fromEntries(fields.filter(({ kind }) => kind === "Attributes").map((field) => [field.name, field]));
  const group = (name) => /** @type {HTMLElement | null} */ (document.querySelector(`[data-set="${name}"]`));
  const chips = (name) => /** @type {HTMLButtonElement[]} */ ([...(group(name)?.querySelectorAll("[data-one]") ?? [])]);
  /** What another setting of the same network has named is none of the set. @param {Field} field */
  const apart = (field) => fields.filter(({ kind, of }) => kind === "Attribute" && of === field.of).map(({ name }) => player.settings[name]);

  document.addEventListener("click", ({ target }) => {
    const hit = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest?.("[data-one], [data-all], .names[data-field]"));
    const field = mine[hit?.closest("[data-set]")?.getAttribute("data-set") ?? hit?.dataset.field];
    if (!field) return;
    if (hit.matches(".names")) return lead(field);
    const { one, all } = hit.dataset, value = player.settings[field.name];
    if (all !== undefined) return change(field.name, all === field.every ? [all] : []);
    change(field.name, toggled(field, value, one, [...new Set(chips(field.name).map(({ dataset }) => dataset.one))], apart(field)));
  });

  /** From the word in the sentence to the buttons that change it. */
  function lead(field) {
    const tab = group(field.name)?.closest("[role=tabpanel]")?.getAttribute("aria-labelledby");
    if (tab) document.getElementById(tab)?.click();
    group(field.name)?.scrollIntoView({ block: "nearest" });
    chips(field.name).find(({ disabled }) => !disabled)?.focus();
  }

  function values() {
    for (const field of Object.values(mine)) {
      const value = player.settings[field.name] ?? [], no = apart(field), all = value.includes(field.every);
      for (const word of document.querySelectorAll(`.names[data-field="${field.name}"]`)) word.textContent = said(field, value, no);
      for (const chip of chips(field.name)) {
        chip.disabled = no.includes(chip.dataset.one);
        chip.setAttribute("aria-pressed", `${!chip.disabled && (all || value.includes(chip.dataset.one))}`);
      }
      for (const button of group(field.name)?.querySelectorAll("[data-all]") ?? []) {
        const which = button.getAttribute("data-all");
        button.setAttribute("aria-pressed", `${which === field.every ? all : !value.some((name) => !no.includes(name))}`);
      }
    }
  }
  return { values };
}

/** Fill a group with a button for each attribute. @param {HTMLElement} place @param {string[]} names */
export function fill(place, names) {
  place.replaceChildren(...names.map((name) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", textContent: plain(name) });
    made.dataset.one = name;
    return made;
  }));
}
