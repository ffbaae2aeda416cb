/** Curves that a visitor looks at closer: plotly, which is loaded when they are first opened, and a table to take away. */

import { lecturing } from "./lecture.js";
import { ticks, token, valued } from "./marks.js";
import { plotly } from "./turning.js";

const OFTEN = 250, RARELY = 1200, SHARE = 6; // ms from one drawing to the next; and so many times what one takes: the run goes first

/** @typedef {import("./marks.js").Marks} Marks */

/** The points of each curve in the numbers of its axes; where its last stands again and again, once. @param {Marks} what */
export function curves({ values, shape: [n, length, by], names, axes: [across, up] }) {
  return Array.from({ length: n }, (_, i) => {
    const points = Array.from({ length }, (_, t) => [values[by * (i * length + t)], values[by * (i * length + t) + 1]]);
    while (points.length > 1 && points.at(-1).every((one, axis) => one === points.at(-2)[axis])) points.pop();
    return { name: names[i] ?? `${i + 1}`, x: points.map(([x]) => round(valued(across, x))), y: points.map(([, y]) => round(valued(up, y))) };
  });
}
const round = (value) => +value.toPrecision(6);

/** Plotly's traces of a panel: what stands behind is faint, and named where the pointer is. @param {Marks} what @param {(token: string) => string} colour */
export function traces(what, colour) {
  return curves(what).map(({ name, x, y }, i) => {
    const kind = what.classes?.[i] ?? 0, own = kind >= 0;
    return {
      type: "scatter", mode: "lines+markers", name, x, y, opacity: own ? 1 : 0.75, showlegend: true,
      line: { color: own ? colour(token(kind)) : undefined, width: own ? 3 : 1.2 }, marker: { size: own ? 7 : 4 },
      hovertemplate: `${name}<br>%{x:.4g} ${what.axes[0].title}<br>%{y:.3g} ${what.axes[1].title}<extra></extra>`,
    };
  });
}

/** All panels as one table of lines: panel, curve, and the two numbers of each point. @param {Map<string, Marks>} panels */
export function csv(panels) {
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text), rows = [["panel", "curve", "x", "x is", "y", "y is"]];
  for (const [panel, what] of panels) {
    for (const { name, x, y } of curves(what)) x.forEach((one, i) => rows.push([panel, name, `${one}`, what.axes[0].title, `${y[i]}`, what.axes[1].title]));
  }
  return rows.map((row) => row.map(quoted).join(",")).join("\n") + "\n";
}

/** "closer" stands at each panel that the page declares. @param {import("./player.js").Player} player */
export function charts(player) {
  const declared = player.config.charts ?? [];
  if (!declared.length) return;
  const section = document.createElement("section");
  section.className = "turning";
  section.hidden = true;
  section.innerHTML = `<p><b></b><button type="button" class="table">CSV</button><button type="button" class="shut" aria-label="Close">×</button></p>
    <div class="plot" tabindex="0" role="group" aria-label="Curves with their numbers; Escape closes"></div>`;
  player.element.querySelector(".beside").append(section);
  const plot = /** @type {any} */ (section.querySelector(".plot")), title = section.querySelector("b");
  const table = /** @type {HTMLButtonElement} */ (section.querySelector(".table"));
  table.title = "All of these curves as a table of numbers";

  /** @type {Map<string, Marks>} */
  const last = new Map();
  let shown = "", lib = /** @type {any} */ (null), timer = 0, at = 0, took = 0;
  /** @type {HTMLElement | null} */
  let from = null;
  const colour = (token) => getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim() || "#888";

  function layout({ axes: [across, up] }) {
    const size = lecturing() ? 20 : 12;
    const axis = (/** @type {import("./marks.js").Axis} */ one) => ({
      title: { text: one.title }, type: one.log ? "log" : "linear", range: one.log ? [Math.log10(one.low), Math.log10(one.high)] : [one.low, one.high],
      gridcolor: colour("line"), zeroline: false, color: colour("muted"), tickvals: one.log ? ticks(one) : undefined, exponentformat: "none",
    });
    return {
      margin: { l: 56, r: 8, t: 6, b: 44 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", uirevision: shown, hovermode: "closest",
      font: { family: "system-ui, sans-serif", size, color: colour("ink") }, legend: { font: { size: size - 1 }, itemwidth: 30, bgcolor: "rgba(0,0,0,0)" },
      showlegend: plot.clientWidth > 420, xaxis: axis(across), yaxis: axis(up),
    };
  }

  async function paint() {
    timer = 0;
    const what = last.get(shown);
    if (section.hidden || !lib || !what?.axes?.length) return;
    at = performance.now();
    await lib.react(plot, traces(what, colour), layout(what), { displayModeBar: false, responsive: true, scrollZoom: true });
    took = performance.now() - at;
  }
  const soon = () => { timer ||= window.setTimeout(paint, Math.max(0, at + Math.min(RARELY, Math.max(OFTEN, SHARE * took)) - performance.now())); };

  async function open(name) {
    if (!last.has(name)) return;
    if (section.hidden) from = /** @type {HTMLElement | null} */ (document.activeElement);
    [shown, section.hidden] = [name, false];
    title.textContent = `${name[0].toUpperCase()}${name.slice(1)}: ${player.config.panels?.[name] ?? ""}`;
    section.setAttribute("aria-label", `${name}, closer`);
    plot.focus({ preventScroll: true });
    if (matchMedia("(max-width: 760px)").matches) player.element.querySelector(".main").scrollIntoView(); // above it on a phone
    try { lib = await plotly(); } catch (error) { close(); return player.notice(error.message); }
    soon();
  }

  function close() {
    if (section.hidden) return;
    section.hidden = true;
    clearTimeout(timer);
    timer = 0;
    if (plot.data) lib.purge(plot);
    from?.isConnected ? from.focus() : /** @type {HTMLElement | null} */ (player.element.querySelector("[data-chart]"))?.focus();
  }

  section.querySelector(".shut").addEventListener("click", close);
  table.addEventListener("click", () => {
    const href = URL.createObjectURL(new Blob([csv(last)], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href, download: `${player.config.probe}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  });
  document.addEventListener("click", ({ target }) => {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest?.("[data-chart]"));
    if (button) open(button.dataset.chart);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || section.hidden) return;
    close();
    event.preventDefault(); // a lecture goes on
    event.stopPropagation();
  }, true);
  new MutationObserver(soon).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  player.heard(({ parts, hello, fresh }) => {
    if (hello && fresh) last.clear();
    for (const { name, content } of parts ?? []) if (declared.includes(name)) last.set(name, content);
    if (parts && !section.hidden) soon();
  });
}
