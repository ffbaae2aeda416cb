/** What survives: how much of the score is kept when somebody touches the picture, live against control. */

import { across } from "./panels.js";

const SIDES = [["picture", "mine"], ["control", "its"]];
const WAITS = "How much of the score is kept when somebody blurs, turns or compresses the picture. It is measured whenever the picture rests.";
const NOTHING = "The score of this picture is near zero, so there is nothing that could survive: let it run some steps more.";
const REFERENCE = "100 % is the score of the picture as it is";

/** A panel below the player's sentence; `chart` names what is measured: [{name, said, help}]. */
export function survival(player, chart) {
  const panel = document.createElement("section");
  panel.className = "survives";
  panel.setAttribute("aria-label", "What survives");
  panel.innerHTML = `
    <h2>What survives <span class="when"></span><select class="which" aria-label="Whose score" hidden></select></h2>
    <div class="touches"></div>
    <p class="left"></p>
    <p class="ask"><button type="button" class="button measure">Measure it now</button></p>
    <figure class="strengths" hidden>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=""><path class="of-control"/><path class="of-live"/></svg>
      <ol></ol></figure>`;
  const $ = (name) => panel.querySelector(`.${name}`);
  const which = $("which"), canvas = player.element.querySelector("canvas.picture");
  const bars = Object.fromEntries(chart.map((one) => [one.name, bar(one)]));
  let found = null, run = 0, chosen = -1, over = -1, looked = null, pinned = null, asked = 0;
  player.below(panel, "What survives");

  function bar({ name, said, help }) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.touch = name;
    button.title = `${help}. ${REFERENCE}.`;
    button.innerHTML = `<span class="pair"><i class="mine"><u></u></i><i class="its"><u></u></i></span>
      <span class="name"></span><span class="values"><b class="mine"></b> <b class="its"></b> %</span>`;
    button.querySelector(".name").textContent = said;
    button.addEventListener("pointerenter", () => look(name));
    button.addEventListener("pointerleave", () => look(null));
    button.addEventListener("focus", () => look(name));
    button.addEventListener("blur", () => look(null));
    button.addEventListener("click", () => pin(name));
    $("touches").append(button);
    return button;
  }

  function look(name) {
    looked = name;
    paint();
  }

  /** The curve of one disturbance over its strengths, until it is clicked again. */
  function pin(name) {
    pinned = pinned === name || name === chart.at(-1).name ? null : name;
    if (pinned) player.measure(pinned), asked = player.run;
    paint();
  }

  const there = (values) => (values ?? []).filter((value) => value != null);
  const mean = (values) => (values.length ? values.reduce((sum, v) => sum + v, 0) / values.length : null);
  const one = () => (over >= 0 ? over : chosen);
  /** What one side keeps: of the picture that is looked at, or the mean of all. */
  const kept = (row, side) => (one() < 0 ? mean(there(row.kept[side])) : row.kept[side]?.[one()] ?? null);
  const percent = (value) => (value == null ? "–" : `${Math.round(100 * value)}`);

  function paint() {
    const rows = found?.rows ?? [], known = rows.some((row) => kept(row, "picture") != null);
    $("touches").hidden = !known;
    $("ask").hidden = known || !["running", "loading"].includes(player.state);
    const old = !found || found.step !== player.step || !["paused", "ended"].includes(player.state);
    panel.classList.toggle("old", old);
    $("when").textContent = found ? `at step ${found.step + 1}` : "";
    for (const { name } of chart) fill(bars[name], rows.find((row) => row.name === name), name === pinned);
    const least = rows.filter((row) => row.strength != null && kept(row, "picture") != null)
      .sort((a, b) => kept(a, "picture") - kept(b, "picture"))[0];
    const row = rows.find(({ name }) => name === (looked ?? pinned)) ?? least;
    const measuring = found && !known && !found.bars && !["running", "loading"].includes(player.state);
    $("left").textContent = known && row ? (one() < 0 ? row.sentence : row.sentences[one()]) ?? row.sentence
      : measuring ? "Measuring…" : found?.bars && rows.length ? NOTHING : WAITS;
    if (found?.said) $("left").textContent += ` ${found.said}`;
    draw(found?.curves?.[pinned]);
  }

  function fill(button, row, pressed) {
    button.setAttribute("aria-pressed", pressed);
    for (const [side, name] of SIDES) {
      const value = row ? kept(row, side) : null, all = there(row?.kept[side]);
      const wide = all.length > 1 && one() < 0;
      const block = button.querySelector(`i.${name}`);
      block.style.setProperty("--kept", Math.min(1, value ?? 0));
      block.style.setProperty("--low", wide ? Math.min(1, ...all) : 0);
      block.style.setProperty("--high", wide ? Math.min(1, Math.max(...all)) : 0);
      block.classList.toggle("wide", wide);
      button.querySelector(`b.${name}`).textContent = row?.kept[side] ? percent(value) : "";
    }
    if (!row) return;
    button.querySelector(".name").textContent = row.said;
    button.title = `${row.help}. ${REFERENCE}.`;
    button.setAttribute("aria-label", row.sentence);
  }

  function draw(points) {
    $("strengths").hidden = !points;
    if (!points) return;
    const high = Math.max(1, ...points.flatMap((row) => SIDES.map(([side]) => kept(row, side) ?? 0)));
    for (const [side, name] of SIDES) {
      const known = points.map((row, i) => [i, kept(row, side)]).filter(([, value]) => value != null);
      const path = known.map(([i, value], n) =>
        `${n ? "L" : "M"}${(100 * (i + 0.5) / points.length).toFixed(1)} ${(98 - 96 * value / high).toFixed(1)}`);
      $(name === "mine" ? "of-live" : "of-control").setAttribute("d", path.join(""));
    }
    panel.querySelector("ol").replaceChildren(...points.map((row) => {
      const item = document.createElement("li");
      item.innerHTML = `<span></span><b class="mine"></b> <b class="its"></b> %`;
      const [name, mine, its] = item.children;
      name.textContent = row.said;
      mine.textContent = percent(kept(row, "picture"));
      its.textContent = row.kept.control ? percent(kept(row, "control")) : "";
      return item;
    }));
    panel.querySelector("svg").setAttribute("aria-label", points.map((row) => row.sentence).join(" "));
  }

  /** Several pictures: the mean of all, or one of them. */
  function offer() {
    const count = found?.rows[0]?.kept.picture.length ?? 1;
    which.hidden = count < 2;
    if (which.options.length === count + 1) return;
    chosen = over = -1;
    which.replaceChildren(new Option(`mean of ${count} pictures`, "-1"),
      ...Array.from({ length: count }, (_, i) => new Option(`picture ${i + 1}`, `${i}`)));
  }

  $("measure").addEventListener("click", () => player.pause());
  which.addEventListener("change", () => {
    chosen = +which.value;
    paint();
  });
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    const count = which.options.length - 1, columns = across(count);
    if (which.hidden) return;
    const rows = Math.ceil(count / columns);
    const at = Math.floor(columns * offsetX / canvas.clientWidth) + columns * Math.floor(rows * offsetY / canvas.clientHeight);
    if (at !== over) over = at < count ? at : -1, paint();
  });
  canvas.addEventListener("pointerleave", () => {
    if (over >= 0) over = -1, paint();
  });

  player.heard((what) => {
    if (player.run !== run) [run, found] = [player.run, null];
    if (what.survival) {
      found = what.survival;
      if (pinned && asked !== player.run) player.measure(pinned), asked = player.run; // a run remembers it
      offer();
    }
    if (what.survival || what.status) paint();
  });
  paint();
  return () => found;
}
