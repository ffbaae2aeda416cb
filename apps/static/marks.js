/** Marks: points, paths, boxes, bars and grids, read from the wire and drawn on a canvas. */

/**
 * @typedef {object} Marks
 * @property {"points" | "paths" | "boxes" | "bars" | "grid"} form
 * @property {number[]} shape
 * @property {Float32Array} values row by row
 * @property {Int32Array | null} classes one a mark
 * @property {string[]} names a word for each mark, or for each class
 * @property {string} over the panel that they lie on
 * @property {number} low what the edges stand for
 * @property {number} high
 * @property {Axis[]} [axes] of curves: what 0 and 1 stand for in x and in y
 */
/** @typedef {{title: string, low: number, high: number, log: boolean}} Axis */

const PALETTE = ["live", "control", "class-2", "class-3", "class-4", "class-5"]; // see apps/kit/theme.py
/** The name of a class's colour. @param {number} kind */
export const token = (kind) => (kind < 0 ? "behind" : PALETTE[kind % PALETTE.length]);
const BEHIND = -1; // the class of what lies behind: muted
const SMALL = 1500; // points: above it they are squares of 2 px, written as pixels
const THIN = 170; // of 255: how opaque one of many points is
const UNSEEN = 300; // px: the side of a canvas that is not in sight yet
const LEGEND = 180; // px: a smaller canvas has no room for one
const READABLE = 120; // px: a smaller one none for numbers
const FONT = "system-ui, sans-serif";

/**
 * @param {ArrayBuffer} data
 * @param {number} from where the payload begins
 * @returns {Marks}
 */
export function read(data, from) {
  const n = new DataView(data).getUint32(from, true);
  const said = JSON.parse(new TextDecoder().decode(new Uint8Array(data, from + 4, n)));
  const count = said.shape.reduce((product, size) => product * size, 1), begin = from + 4 + n;
  const values = new Float32Array(data, begin, count);
  const classes = said.classes ? new Int32Array(data, begin + 4 * count, marked(said)) : null;
  return { ...said, values, classes };
}

/** How many marks there are; of a grid, its cells. */
const marked = ({ form, shape }) => (form === "grid" ? shape[0] * shape[1] : shape[0]);

/** @type {import("./drawers.js").Drawer} */
export const marks = { exact: true, read, draw, shape: () => 1, over: ({ over }) => over, sentence, legend: ofAll };

// drawing

/** @param {HTMLCanvasElement} canvas @param {Marks} what */
function draw(canvas, what, { over = false } = {}) {
  const ink = canvas.getContext("2d");
  if (!over) {
    const side = Math.round((canvas.clientWidth || UNSEEN) * devicePixelRatio);
    if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
    else ink.clearRect(0, 0, side, side);
  }
  const { width, height } = canvas, { low, high } = what, span = high - low || 1;
  const look = getComputedStyle(document.documentElement);
  const colour = (name) => look.getPropertyValue(`--${name}`).trim() || "#888";
  const paint = {
    ink, width, height, over, colour,
    px: width / (canvas.clientWidth || UNSEEN), // a pixel of the page
    x: (value) => ((value - low) / span) * width,
    y: (value) => height - ((value - low) / span) * height,
    of: (kind) => colour(token(kind)),
  };
  ink.save();
  ink.lineJoin = ink.lineCap = "round";
  if (what.axes?.length) scales(paint, what.axes);
  FORMS[what.form]?.(paint, what);
  if (!over) legend(paint, what); // what has one word for all of it: the page writes it below
  ink.restore();
}

/** The marks of each class, so that a colour is set once. @returns {Map<number, number[]>} */
export function grouped({ classes, shape }) {
  const found = new Map();
  for (let i = 0; i < shape[0]; i += 1) {
    const kind = Math.max(BEHIND, classes?.[i] ?? 0);
    if (!found.has(kind)) found.set(kind, []);
    found.get(kind).push(i);
  }
  return found;
}

/** Round values along an axis, from its low end. @param {Axis} axis @returns {number[]} */
export function ticks({ low, high, log }) {
  if (log) {
    const decades = Math.log10(high / low), of = decades > 2 ? [1] : [1, 2, 5], found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) found.push(...of.map((one) => +`${one}e${power}`));
    return found.filter((one) => one >= low && one <= high);
  }
  const wide = (high - low) / 5, ten = 10 ** Math.floor(Math.log10(wide)), by = [1, 2, 5, 10].map((one) => one * ten).find((one) => one >= wide) ?? wide;
  return Array.from({ length: Math.floor(high / by) - Math.ceil(low / by) + 1 }, (_, i) => +((Math.ceil(low / by) + i) * by).toPrecision(6));
}

/** Where a value lies on an axis, from 0 to 1. @param {Axis} axis @param {number} value */
export const placed = ({ low, high, log }, value) => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
/** The value at a share of an axis. @param {Axis} axis @param {number} share */
export const valued = ({ low, high, log }, share) => (log ? low * (high / low) ** share : low + share * (high - low));

/** Faint lines at round values, their numbers, and the words of both axes. */
function scales({ ink, px, width, height, colour }, [across, up]) {
  ink.font = `${10.5 * px}px ${FONT}`;
  ink.lineWidth = px;
  ink.strokeStyle = colour("line");
  ink.fillStyle = colour("muted");
  ink.beginPath();
  for (const value of ticks(across)) (ink.moveTo(placed(across, value) * width, 0), ink.lineTo(placed(across, value) * width, height));
  for (const value of ticks(up)) (ink.moveTo(0, height * (1 - placed(up, value))), ink.lineTo(width, height * (1 - placed(up, value))));
  ink.stroke();
  if (height < READABLE * px) return;
  const worded = height >= LEGEND * px, title = `${across.title} →`, free = worded ? width - ink.measureText(title).width - 8 * px : width;
  ink.textBaseline = "bottom";
  for (const value of ticks(across)) {
    const x = placed(across, value) * width + 2 * px;
    if (x + ink.measureText(short(value)).width < free) ink.fillText(short(value), x, height - px);
  }
  for (const value of ticks(up)) {
    const y = height * (1 - placed(up, value)) - px;
    if (y > 34 * px && y < height - 16 * px) ink.fillText(short(value), 2 * px, y);
  }
  if (!worded) return;
  ink.textAlign = "right";
  ink.fillText(title, width - 3 * px, height - px);
  ink.textAlign = "left";
  ink.textBaseline = "top";
  ink.fillText(`↑ ${up.title}`, 2 * px, 2 * px);
}

const FORMS = {
  points(paint, what) {
    const by = what.shape[1]; // of three numbers the third is seen where it is turned
    if (what.shape[0] > SMALL) return cloud(paint, what);
    const { ink, px, width, x, y, of } = paint, { values } = what;
    ink.globalAlpha = 0.85;
    for (const [kind, members] of grouped(what)) {
      ink.fillStyle = of(kind);
      const shape = SHAPES[Math.max(0, kind) % SHAPES.length];
      const size = held(width / px / 130, 1.5, kind < 0 ? 2.2 : 3.2) * px; // finer where it is small
      ink.beginPath();
      for (const i of members) shape(ink, x(values[by * i]), y(values[by * i + 1]), size);
      ink.fill();
    }
  },

  paths({ ink, px, width, x, y, of }, what) {
    const { values, shape: [n, length, by] } = what, fine = held(width / px / 300, 0.6, 1);
    ink.lineWidth = (n > 200 ? 1 : n > 1 ? 1.75 : 2.75) * fine * px; // one alone is seen before many
    ink.globalAlpha = n > 200 ? 0.5 : 0.9;
    for (const [kind, members] of grouped(what)) {
      ink.strokeStyle = ink.fillStyle = of(kind);
      ink.beginPath();
      for (const i of members) {
        for (let t = 0; t < length; t += 1) {
          const at = by * (i * length + t);
          t ? ink.lineTo(x(values[at]), y(values[at + 1])) : ink.moveTo(x(values[at]), y(values[at + 1]));
        }
      }
      ink.stroke();
      if (n > 200 || !length) continue;
      ink.beginPath(); // where each of them is now
      for (const i of members) SHAPES[0](ink, x(values[by * ((i + 1) * length - 1)]), y(values[by * ((i + 1) * length - 1) + 1]), (n > 1 ? 2.5 : 4) * fine * px);
      ink.fill();
    }
  },

  /** As in a picture: from the top downwards. */
  boxes({ ink, px, x, height, y, of, colour }, what) {
    const { values, classes, names } = what, down = (value) => height - y(value);
    ink.lineWidth = 2 * px;
    ink.font = `600 ${12 * px}px ${FONT}`;
    ink.textBaseline = "bottom";
    for (let i = 0; i < what.shape[0]; i += 1) {
      const [left, top, right, bottom] = [x(values[4 * i]), down(values[4 * i + 1]), x(values[4 * i + 2]), down(values[4 * i + 3])];
      ink.strokeStyle = ink.fillStyle = of(classes?.[i] ?? 0);
      ink.strokeRect(left, top, right - left, bottom - top);
      const word = named(what, i);
      if (!word) continue;
      const wide = ink.measureText(word).width + 8 * px, tall = 17 * px, above = Math.max(tall, top);
      ink.fillRect(left - px, above - tall, wide, tall);
      ink.fillStyle = colour("background");
      ink.fillText(word, left + 3 * px, above - 1.5 * px);
    }
  },

  /** Side by side, or one below the other where each has a word. */
  bars(paint, what) {
    const { ink, px, width, height, of, colour } = paint, { values, classes, low, high, names, shape: [n] } = what;
    const span = high - low || 1, share = (value) => Math.min(1, Math.max(0, (value - low) / span)), zero = share(0);
    const worded = names.length === n && n <= 24, across = worded ? height / n : width / n, gap = Math.min(2 * px, across / 5);
    const tall = Math.min(across - gap, 16 * px);
    ink.font = `${12 * px}px ${FONT}`;
    ink.textBaseline = "bottom";
    for (let i = 0; i < n; i += 1) {
      const [from, to] = [Math.min(zero, share(values[i])), Math.max(zero, share(values[i]))];
      ink.fillStyle = of(classes?.[i] ?? 0);
      if (!worded) {
        ink.fillRect(i * across + gap / 2, height * (1 - to), Math.max(px, across - gap), height * (to - from));
        continue;
      }
      const text = across > 30 * px, top = text ? (i + 1) * across - tall : i * across + gap / 2;
      ink.fillRect(from * width, top, Math.max(px, (to - from) * width), text ? tall - gap : across - gap);
      if (!text && across < 11 * px) continue;
      ink.textBaseline = text ? "bottom" : "middle";
      haloed(paint, `${names[i]}  ${short(values[i])}`, 4 * px, text ? top - px : (i + 0.5) * across);
    }
  },

  grid(paint, what) {
    const { ink, px, width, height, of, colour, over } = paint;
    const { values, classes, low, high, shape: [rows, columns] } = what;
    const [wide, tall] = [width / columns, height / rows], signed = low < 0 && high > 0, most = Math.max(-low, high);
    for (let i = 0; i < rows * columns; i += 1) {
      const value = values[i], left = Math.floor((i % columns) * wide), top = Math.floor(Math.floor(i / columns) * tall);
      const share = signed ? Math.abs(value) / most : (value - low) / (high - low || 1);
      ink.globalAlpha = Math.min(1, Math.max(0, share)) * (over ? 0.75 : 1);
      ink.fillStyle = classes ? of(classes[i]) : signed && value < 0 ? colour("ink") : of(0);
      ink.fillRect(left, top, Math.ceil(wide), Math.ceil(tall));
    }
    ink.globalAlpha = 1;
    if (over || Math.min(wide, tall) < 34 * px) return;
    ink.font = `${Math.min(12, wide / px / 4)}px ${FONT}`.replace(/^[\d.]+/, (size) => `${+size * px}`);
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    for (let i = 0; i < rows * columns; i += 1) {
      haloed(paint, short(values[i]), ((i % columns) + 0.5) * wide, (Math.floor(i / columns) + 0.5) * tall);
    }
  },
};

/** A word that can be read on any colour. */
function haloed({ ink, px, colour }, word, x, y) {
  ink.lineWidth = 3 * px;
  ink.strokeStyle = colour("surface");
  ink.strokeText(word, x, y);
  ink.fillStyle = colour("ink");
  ink.fillText(word, x, y);
}

/** Thousands of points: where they crowd they are opaque. */
function cloud({ ink, width, height, px, x, y, of }, { values, classes, shape: [n, by] }) {
  const image = ink.createImageData(width, height), words = new Uint32Array(image.data.buffer), side = Math.max(1, Math.round(2 * px));
  const colours = PALETTE.map((_, kind) => packed(of(kind))), behind = packed(of(BEHIND));
  for (let i = 0; i < n; i += 1) {
    const left = Math.round(x(values[by * i]) - side / 2), top = Math.round(y(values[by * i + 1]) - side / 2);
    const kind = classes?.[i] ?? 0, colour = kind < 0 ? behind : colours[kind % colours.length];
    for (let row = Math.max(0, top); row < Math.min(height, top + side); row += 1) {
      for (let column = Math.max(0, left); column < Math.min(width, left + side); column += 1) {
        const at = row * width + column, opaque = Math.min(255, (words[at] >>> 24) + THIN);
        words[at] = ((opaque << 24) | colour) >>> 0;
      }
    }
  }
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [width, height];
  sheet.getContext("2d").putImageData(image, 0, 0);
  ink.drawImage(sheet, 0, 0);
}

/** A colour such as #c2410c as the lower bytes of a pixel. */
export function packed(colour) {
  const [r, g, b] = /^#(..)(..)(..)$/.exec(colour)?.slice(1).map((two) => parseInt(two, 16)) ?? [136, 136, 136];
  return (b << 16) | (g << 8) | r;
}

// so that a class is known by its shape too
const SHAPES = [
  (ink, x, y, r) => (ink.moveTo(x + r, y), ink.arc(x, y, r, 0, 2 * Math.PI)),
  (ink, x, y, r) => ink.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r),
  (ink, x, y, r) => polygon(ink, [[x, y - 1.25 * r], [x + 1.15 * r, y + 0.85 * r], [x - 1.15 * r, y + 0.85 * r]]),
  (ink, x, y, r) => polygon(ink, [[x, y - 1.35 * r], [x + 1.1 * r, y], [x, y + 1.35 * r], [x - 1.1 * r, y]]),
  (ink, x, y, r) => (ink.rect(x - 0.4 * r, y - 1.25 * r, 0.8 * r, 2.5 * r), ink.rect(x - 1.25 * r, y - 0.4 * r, 2.5 * r, 0.8 * r)),
  (ink, x, y, r) => polygon(ink, [[x, y + 1.25 * r], [x + 1.15 * r, y - 0.85 * r], [x - 1.15 * r, y - 0.85 * r]]),
];

function polygon(ink, [first, ...others]) {
  ink.moveTo(...first);
  for (const one of others) ink.lineTo(...one);
  ink.closePath();
}

/** Which colour is which class, where the names are those of classes. */
function legend({ ink, px, height, of, colour }, what) {
  const words = classWords(what);
  if (!words.length || words.length > 8 || height < LEGEND * px) return;
  ink.font = `${12 * px}px ${FONT}`;
  ink.textBaseline = "middle";
  const said = words.map((word, kind) => ({ word, kind })).filter(({ word }) => word); // a class may have none
  said.forEach(({ word, kind }, row) => {
    const y = (12 + 17 * row) * px;
    ink.globalAlpha = 0.8;
    ink.fillStyle = colour("background");
    ink.fillRect(2 * px, y - 8 * px, ink.measureText(word).width + 24 * px, 17 * px);
    ink.globalAlpha = 1;
    ink.fillStyle = of(kind);
    ink.beginPath();
    SHAPES[kind % SHAPES.length](ink, 11 * px, y, 4 * px);
    ink.fill();
    ink.fillStyle = colour("ink");
    ink.fillText(word, 20 * px, y + px);
  });
}

// words

/** Whether the names are one a mark; else they are those of the classes. */
const each = ({ names, shape, form }) => form !== "grid" && names.length > 0 && names.length === shape[0];
const classWords = (what) => (what.classes && !each(what) && !ofAll(what) ? what.names : []);

/** One word for many marks of one class, and their colour. @param {Marks} what */
function ofAll({ form, names, classes, shape: [n] }) {
  const kind = classes?.[0];
  if (names.length !== 1 || form === "grid" || kind == null || (form === "points" && n < 2)) return null;
  if (form === "boxes" || form === "bars" || classes.some((one) => one !== kind)) return null;
  return { colour: token(kind), word: names[0] };
}

const held = (value, low, high) => Math.min(high, Math.max(low, value));

/** The word of a mark, or of its class. @param {Marks} what @param {number} i */
export const named = (what, i) => (each(what) ? what.names[i] : classWords(what)[what.classes?.[i] ?? -1]) ?? "";

const short = (value) => (Number.isFinite(value) ? `${+value.toPrecision(3)}` : "–").replace("-", "−");
const count = (n, one, more) => `${n.toLocaleString("en")} ${n === 1 ? one : more}`;
const listed = (words, most = 5) => words.slice(0, most).join(", ") + (words.length > most ? ` and ${words.length - most} more` : "");

/** What they show, for who cannot see them. @param {Marks} what */
export function sentence(what) {
  const { form, shape, values, names, low, high } = what, scale = `from ${short(low)} to ${short(high)}`;
  const classes = classWords(what), all = ofAll(what);
  const of = all ? `: ${all.word}` : classes.length ? ` of ${count(classes.length, "class", "classes")}: ${listed(classes)}` : "";
  if (form === "points") return `${count(shape[0], "point", "points")}, ${scale}${of}.`;
  if (form === "paths") return `${count(shape[0], "path", "paths")} of ${count(shape[1], "place", "places")}, ${scale}${of}.`;
  if (form === "boxes") {
    const words = Array.from({ length: shape[0] }, (_, i) => named(what, i)).filter(Boolean);
    return `${count(shape[0], "box", "boxes")}${words.length ? `: ${listed(words)}` : ""}.`;
  }
  if (form === "grid") return `A grid of ${count(shape[0], "row", "rows")} and ${count(shape[1], "column", "columns")}, ${scale}${of}.`;
  const top = values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0);
  const word = each(what) ? names[top] : `number ${top + 1}`;
  return shape[0] ? `${count(shape[0], "bar", "bars")}, ${scale}; the highest is ${word} at ${short(values[top])}.` : "No bars.";
}
