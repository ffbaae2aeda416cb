/** The first number of a run, its control and its twin, by step, on one scale, from 0 or in powers of ten. */

const MOST = 240; // points that are drawn
const TWIN = "twin "; // before the names of the twin's numbers

export function curve(element, { log = false } = {}) {
  element.innerHTML = `
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="No numbers yet">
      <path class="of-control"/><path class="of-twin"/><path class="of-live"/></svg>
    <p><span class="what"></span> <output><b class="mine"></b><b class="twins"></b><b class="its"></b></output></p>`;
  const svg = element.firstElementChild;
  const $ = (name) => element.querySelector(`.${name}`);
  const values = new Map(); // step -> {name: number}
  let steps = [], names = [], apart = "";

  const scale = (value) => (log ? Math.log10(Math.max(value, 1e-12)) : value);
  const mean = (value) =>
    Array.isArray(value) ? value.reduce((sum, v) => sum + v, 0) / value.length : value;

  function add(step, numbers) {
    const [first] = Object.keys(numbers);
    if (!names.length && first && !first.startsWith(TWIN)) {
      names = [first, `control ${first}`, TWIN + first];
    }
    if (!values.has(step)) steps = [];
    values.set(step, { ...values.get(step), ...numbers });
  }

  function sorted() {
    if (!steps.length) steps = [...values.keys()].sort((a, b) => a - b);
    return steps;
  }

  /** The value of a number at a step, or at the last one before it that was shown. */
  function at(step, name) {
    const known = sorted().filter((s) => s <= step && values.get(s)[name] != null);
    return known.length ? mean(values.get(known.at(-1))[name]) : null;
  }

  /** The points of a number, a share of all of them. */
  function points(name) {
    const all = sorted().filter((s) => Number.isFinite(mean(values.get(s)[name])));
    const every = Math.ceil(all.length / MOST);
    return all.filter((_, i) => i % every === 0 || i === all.length - 1)
      .map((s) => [s, mean(values.get(s)[name])]);
  }

  function draw(step) {
    const all = sorted();
    if (!all.length || !names.length) return;
    const [live, control, twin] = names.map(points);
    const last = Math.max(all.at(-1), 1);
    const path = (series, others) => {
      const flat = [...series, ...others].map(([, v]) => scale(v));
      const low = log ? Math.min(...flat) : Math.min(0, ...flat), high = Math.max(...flat, low + 1e-9);
      return series.map(([s, v], i) =>
        `${i ? "L" : "M"}${(100 * s / last).toFixed(2)} ${(98 - 96 * (scale(v) - low) / (high - low)).toFixed(2)}`).join("");
    };
    const shared = apart ? [...live, ...control] : [...live, ...control, ...twin];
    $("of-live").setAttribute("d", path(live, shared));
    $("of-control").setAttribute("d", path(control, shared));
    $("of-twin").setAttribute("d", path(twin, apart ? [] : shared));
    const [one, two, three] = names.map((name) => at(step, name));
    const several = live.length > 0 && Array.isArray(values.get(live.at(-1)[0])[names[0]]);
    $("what").textContent = `${names[0]}${several ? ", mean" : ""}${twin.length && apart ? `. ${apart}` : ""}`;
    $("mine").textContent = short(one);
    $("its").textContent = two == null ? "" : short(two);
    $("twins").textContent = three == null ? "" : short(three);
    const more = three == null ? "" : `, twin ${short(three)}`;
    svg.setAttribute("aria-label", `${names[0]} ${short(one)}, control ${short(two)}${more}`);
  }

  function upTo(kept) {
    for (const step of values.keys()) if (step > kept) values.delete(step), (steps = []);
  }

  /** Forget the twin's numbers; `why` its curve has a scale of its own, if it has. */
  function pair(why = "") {
    apart = why;
    for (const numbers of values.values()) {
      for (const name of Object.keys(numbers)) if (name.startsWith(TWIN)) delete numbers[name];
    }
  }

  /** Take in what the twin says of its steps. */
  function beside(step, numbers) {
    add(step, Object.fromEntries(Object.entries(numbers).map(([name, v]) => [TWIN + name, v])));
  }

  function clear() {
    values.clear();
    steps = names = [];
    for (const path of element.querySelectorAll("path")) path.removeAttribute("d");
  }

  return { add, at, beside, clear, draw, pair, upTo, values };
}

export function short(value) {
  if (value == null) return "not there";
  const size = Math.abs(value);
  return size >= 1000 || (size && size < 0.001) ? value.toExponential(1) : value.toPrecision(3);
}
