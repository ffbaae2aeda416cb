/** Three curves on one axis: how sure the network is, against how often it was run for each class. */

const CURVES = [ // the number, what it is drawn against, class of the line, words
  ["median elite", "queries a class", "of-live", "evolution"],
  ["control median elite", "queries a class", "of-control", "at random"],
  ["gradient median", "gradient passes a class", "of-gradient", "with the gradient"],
];
const WIDE = 640, TALL = 150, LEFT = 40, BELOW = 34;

/** Draws into `element`; returns what is to be called when there is more to see. */
export function prices(element, player) {
  element.innerHTML = `<h2>What a look inside is worth</h2>
    <svg viewBox="0 0 ${WIDE} ${TALL + BELOW}" role="img"></svg><p class="key"></p>`;
  const svg = element.querySelector("svg"), key = element.querySelector(".key");

  function points([number, against]) {
    const found = new Map();
    for (const row of player.numbers.values()) {
      if (Number.isFinite(row[number]) && row[against] > 0) found.set(row[against], row[number]);
    }
    return [...found].sort(([a], [b]) => a - b);
  }

  return function draw() {
    const all = CURVES.map(points), flat = all.flat().map(([x]) => x);
    if (!flat.length) return;
    const low = Math.floor(Math.log10(Math.min(...flat))), high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...flat))));
    const x = (value) => LEFT + ((WIDE - LEFT - 8) * (Math.log10(value) - low)) / (high - low);
    const y = (value) => TALL - (TALL - 10) * value;
    const text = (at, up, said, anchor = "middle") => `<text x="${at}" y="${up}" text-anchor="${anchor}">${said}</text>`;
    const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
    svg.innerHTML = [
      ...[0, 0.5, 1].map((v) => `<path class="grid" d="M${LEFT} ${y(v)}H${WIDE - 8}"/>${text(LEFT - 6, y(v) + 4, `${100 * v} %`, "end")}`),
      ...decades.map((v) => `<path class="grid" d="M${x(v)} ${y(0)}V${y(1)}"/>${text(x(v), TALL + 15, +v.toPrecision(1))}`),
      text((WIDE + LEFT) / 2, TALL + 30, "runs of the network for each class, forward or backward"),
      ...all.map((line, i) => line.length ? `<path class="${CURVES[i][2]}" d="${path(line, x, y)}"/>` : "").reverse(), // the live one on top
    ].join("");
    key.replaceChildren(...all.flatMap((line, i) => {
      if (!line.length) return [];
      const said = document.createElement("span"), [at, value] = line.at(-1);
      said.className = CURVES[i][2];
      said.textContent = `${CURVES[i][3]}: ${(100 * value).toPrecision(3)} % after ${+at.toPrecision(3)}`;
      return [said];
    }));
    svg.setAttribute("aria-label", `How sure the network is of the middle class. ${[...key.children].map((one) => one.textContent).join("; ")}`);
  };
}

const path = (line, x, y) => line.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("");
