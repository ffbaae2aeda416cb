/** How far the picture is from the photograph at every stage, beside how far another photograph is. */

import { part } from "./conditions.js";

const OF = /^error at (.+)$/, ROLLED = "rolled error at ", KEPT = "label kept at ", OTHER = "another photograph at ";
const percent = (value) => (value == null ? "" : `${Math.round(100 * value)} %`);

/** @type {import("./page.js").Extension} */
export function extension(player) {
  const panel = document.createElement("section");
  panel.className = "depths";
  panel.hidden = true;
  panel.setAttribute("aria-label", "Stage by stage");
  panel.innerHTML = `<h2>How far from the photograph, stage by stage <span>the mark: other photographs</span></h2>
    <table><thead></thead><tbody></tbody></table>`;
  const head = panel.querySelector("thead"), body = panel.querySelector("tbody");
  player.below(panel, "Stage by stage");

  function paint() {
    const at = (name) => player.chart.at(player.step, name);
    const last = [...player.numbers.values()].findLast((values) => Object.keys(values).some((name) => OF.test(name)));
    const stages = Object.keys(last ?? {}).flatMap((name) => name.match(OF)?.[1] ?? []);
    const rows = stages.filter((stage) => at(`error at ${stage}`) != null);
    panel.hidden = !rows.length;
    if (!rows.length) return;
    const strip = ROLLED + rows[0] in last, kept = KEPT + rows[0] in last;
    const most = Math.max(...rows.flatMap((stage) => [at(`error at ${stage}`), at(OTHER + stage)]), 1e-9);
    head.innerHTML = strip
      ? `<tr><th>each stage's own picture</th><td></td><td>error</td><td>moved 3 px</td><td>others</td>${kept ? "<td>same class</td>" : ""}</tr>`
      : "<tr><th>this picture at</th><td></td><td>error</td><td>others</td></tr>";
    body.replaceChildren(...rows.map((stage) => {
      const row = document.createElement("tr"), error = at(`error at ${stage}`), other = at(OTHER + stage);
      row.className = !strip && part("layer", player.config, player.settings) && stage === player.settings.layer ? "this" : "";
      row.innerHTML = `<th></th><td class="length"><i><u></u><s></s></i></td><td>${percent(error)}</td>` +
        (strip ? `<td>${percent(at(ROLLED + stage))}</td>` : "") + `<td>${percent(other)}</td>` +
        (strip && kept ? `<td>${at(KEPT + stage) ? "yes" : "no"}</td>` : "");
      row.firstElementChild.textContent = stage;
      row.style.setProperty("--error", error / most);
      row.style.setProperty("--other", other / most);
      return row;
    }));
  }

  let raf = 0;
  player.heard(({ status, fresh }) => {
    if (fresh) panel.hidden = true;
    if (status || fresh) raf ||= requestAnimationFrame(() => ((raf = 0), paint()));
  });
}
