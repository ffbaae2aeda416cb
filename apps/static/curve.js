/** The first number of a run and its control, by step, in the two colours. */

const MOST = 240; // points that are drawn

export function curve(element) {
  element.innerHTML = `
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="">
      <path class="of-control"/><path class="of-live"/></svg>
    <p><span class="what"></span> <output><b class="mine"></b><b class="its"></b></output></p>`;
  const svg = element.firstElementChild;
  const $ = (name) => element.querySelector(`.${name}`);
  const values = new Map(); // step -> {name: number}
  let steps = [], names = [];

  const mean = (value) =>
    Array.isArray(value) ? value.reduce((sum, v) => sum + v, 0) / value.length : value;

  function add(step, numbers) {
    if (!names.length) {
      const [first] = Object.keys(numbers);
      names = [first, `control ${first}`];
    }
    if (!values.has(step)) steps = [];
    values.set(step, numbers);
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

  function draw(step) {
    const all = sorted();
    if (!all.length) return;
    const every = Math.ceil(all.length / MOST);
    const kept = all.filter((_, i) => i % every === 0 || i === all.length - 1);
    const series = names.map((name) =>
      kept.map((s) => [s, mean(values.get(s)[name])]).filter(([, v]) => Number.isFinite(v)));
    const flat = series.flat().map(([, v]) => v);
    const low = Math.min(0, ...flat), high = Math.max(...flat, low + 1e-9);
    const last = Math.max(all.at(-1), 1);
    const path = (points) => points.map(([s, v], i) =>
      `${i ? "L" : "M"}${(100 * s / last).toFixed(2)} ${(98 - 96 * (v - low) / (high - low)).toFixed(2)}`).join("");
    $("of-live").setAttribute("d", path(series[0]));
    $("of-control").setAttribute("d", path(series[1]));
    const [one, two] = names.map((name) => at(step, name));
    const many = Array.isArray(values.get(all.at(-1))[names[0]]);
    $("what").textContent = many ? `${names[0]}, mean` : names[0];
    $("mine").textContent = short(one);
    $("its").textContent = two == null ? "" : short(two);
    svg.setAttribute("aria-label", `${names[0]} ${short(one)}, control ${short(two)}`);
  }

  function upTo(kept) {
    for (const step of values.keys()) if (step > kept) values.delete(step), (steps = []);
  }

  function clear() {
    values.clear();
    steps = names = [];
    for (const path of element.querySelectorAll("path")) path.removeAttribute("d");
  }

  return { add, at, clear, draw, upTo, values };
}

export function short(value) {
  if (value == null) return "not there";
  const size = Math.abs(value);
  return size >= 1000 || (size && size < 0.001) ? value.toExponential(1) : value.toPrecision(3);
}
