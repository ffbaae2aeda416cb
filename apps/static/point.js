/** Places (x, y): a handle on the panel that a setting names, or on a pad of its own. */

const STEPS = 100, FAR = 10; // steps from one end to the other by arrow keys; steps of a far one

/** @typedef {[number, number]} Place */

/** @param {number} value */
const round = (value) => +value.toPrecision(4);
/** @param {Place} place */
const said = ([x, y]) => `x ${+x.toPrecision(3)}, y ${+y.toPrecision(3)}`.replaceAll("-", "−");

/** Where a place stands on its panel, from the left and from the top: y grows upwards. @param {number[]} place */
export const share = ([x, y], { low, high }) => [(x - low) / (high - low), (high - y) / (high - low)];

/** The place at these shares, held inside. @param {number[]} shares @returns {Place} */
export function at([left, top], { low, high }) {
  const held = (value) => round(low + Math.min(1, Math.max(0, value)) * (high - low));
  return [held(left), held(1 - top)];
}

/** Where a key moves a place to; null if it is none of ours. @returns {Place | null} */
export function moved([x, y], { key, shiftKey = false }, { low, high }) {
  const step = ((high - low) / STEPS) * (shiftKey ? FAR : 1), far = ((high - low) / STEPS) * FAR;
  const by = {
    ArrowRight: [step, 0], ArrowLeft: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step],
    PageUp: [0, far], PageDown: [0, -far], Home: [low - x, 0], End: [high - x, 0],
  }[key];
  const held = (value) => round(Math.min(high, Math.max(low, value)));
  return by ? [held(x + by[0]), held(y + by[1])] : null;
}

/**
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Field[]} fields
 * @param {(name: string, value: Place) => void} change
 */
export function points(player, fields, change) {
  const mine = fields.filter(({ kind }) => kind === "Point");
  const handles = new Map(mine.map((field) => [field.name, handle(field)]));
  const sized = new ResizeObserver(values);

  function handle(field) {
    const made = document.createElement("span");
    made.className = "handle";
    made.tabIndex = 0;
    made.setAttribute("role", "slider");
    made.setAttribute("aria-label", `${field.label}${field.over ? ` on ${field.over}` : ""}`);
    made.setAttribute("aria-valuemin", `${field.low}`);
    made.setAttribute("aria-valuemax", `${field.high}`);
    made.dataset.part = field.name;
    made.title = field.help ?? "Drag it, or use the arrow keys";
    made.addEventListener("keydown", (event) => {
      const to = !event.altKey && !event.ctrlKey && !event.metaKey && moved(player.settings[field.name], event, span(field));
      if (!to) return;
      event.preventDefault();
      change(field.name, to);
    });
    made.addEventListener("pointerdown", (event) => drag(event, made, field));
    return made;
  }

  /**
   * Where it stands: on its panel's canvas, or on its pad.
   * @param {import("./page.js").Field} field
   * @returns {HTMLElement | null}
   */
  function ground({ name, over }) {
    return over ? player.canvases[over] ?? null : document.querySelector(`[data-pad="${name}"]`);
  }

  function drag(event, made, field) {
    event.preventDefault();
    made.focus();
    made.setPointerCapture(event.pointerId);
    const follow = ({ clientX, clientY }) => {
      const box = ground(field).getBoundingClientRect();
      change(field.name, at([(clientX - box.left) / box.width, (clientY - box.top) / box.height], span(field)));
    };
    const end = () => {
      made.removeEventListener("pointermove", follow);
      made.classList.remove("held");
    };
    made.classList.add("held");
    made.addEventListener("pointermove", follow);
    made.addEventListener("lostpointercapture", end, { once: true });
    if (event.target !== made) follow(event);
  }

  /** A press beside the handle of a pad brings it there. */
  document.addEventListener("pointerdown", (event) => {
    const pad = /** @type {HTMLElement} */ (event.target).closest?.("[data-pad]");
    const field = pad && mine.find(({ name }) => name === /** @type {HTMLElement} */ (pad).dataset.pad);
    if (field && event.target !== handles.get(field.name)) drag(event, handles.get(field.name), field);
  });

  /** Every handle stands where its setting says. */
  function values() {
    for (const field of mine) {
      const made = handles.get(field.name), on = ground(field);
      const value = /** @type {Place | undefined} */ (player.settings[field.name]);
      const parent = on && (on.matches("canvas") ? on.parentElement : on);
      if (!parent || !Array.isArray(value)) {
        made.remove();
        continue;
      }
      if (made.parentElement !== parent) {
        parent.append(made);
        parent.classList.add("holds");
        sized.observe(on);
      }
      const [left, top] = share(value, span(field));
      const [x, y] = on === parent ? [0, 0] : [on.offsetLeft, on.offsetTop];
      made.style.left = `${x + left * on.clientWidth}px`;
      made.style.top = `${y + top * on.clientHeight}px`;
      made.hidden = on.clientWidth < 2;
      made.setAttribute("aria-valuenow", `${value[0]}`);
      made.setAttribute("aria-valuetext", said(value));
      const output = field.over ? null : parent.parentElement.querySelector("output");
      if (output) output.textContent = said(value);
    }
  }

  if (mine.length) {
    player.heard(({ hello, status }) => { // panels come with the first frame
      if (hello || status) values();
    });
  }
  return { values };
}

const span = ({ low = 0, high = 1 }) => ({ low, high });
