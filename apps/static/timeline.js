/** The time line: where the run is, how far it can go back, and the branches under it. */

import { short } from "./curve.js";
import { counted } from "./words.js";

const MARKUP = `<ul class="branches" aria-label="Branches of this run" hidden></ul>`;

/** `send`: a message to the run; `priced`: numbers that stand on each branch, with their words; `beside`: show a branch
 *  there; `moved(step)`: the first step that is not shown any more. */
export function timeline(element, { send, priced, beside, seek, moved }) {
  const time = element.querySelector(".time"), bar = element.querySelector(".bar");
  bar.insertAdjacentHTML("afterend", MARKUP);
  const list = bar.nextElementSibling;
  let known = { now: 1, all: [], prices: {} }, ends = 1, kept = 0, renaming = 0;

  time.addEventListener("input", () => seek(+time.value));
  new ResizeObserver(measure).observe(bar);

  /** The lanes stand exactly under the time line. */
  function measure() {
    list.style.setProperty("--from", `${time.offsetLeft - bar.offsetLeft}px`);
    list.style.setProperty("--wide", `${time.offsetWidth}px`);
  }

  function paint(step, aim, status, words) {
    kept = Math.max(status.kept ?? 0, step);
    ends = Math.max(status.ends ?? 0, kept, ...known.all.map((branch) => branch.kept)) || 1;
    time.max = ends;
    time.value = aim ?? step;
    time.style.setProperty("--played", step / ends);
    time.style.setProperty("--kept", kept / ends);
    time.setAttribute("aria-valuetext", words);
    stretch();
  }

  function stretch() {
    for (const row of list.children) {
      const branch = known.all.find(({ branch }) => branch === +row.dataset.branch);
      const last = branch.branch === known.now ? Math.max(kept, branch.leaves) : branch.kept;
      row.style.setProperty("--leaves", Math.max(0, branch.leaves) / ends);
      row.style.setProperty("--last", last / ends);
    }
  }

  /** What the branch that is shown has cost so far. @param {(name: string) => number | undefined} at */
  function price(at) {
    const place = list.querySelector(`[data-branch="${known.now}"] .price`);
    if (!place) return;
    const found = Object.fromEntries(Object.keys(priced).map((name) => [name, at(name)]));
    const text = worth(found);
    if (place.textContent !== text) place.textContent = text;
  }

  /** @param {Record<string, number | undefined>} values */
  function worth(values) {
    return Object.entries(priced).filter(([name]) => values[name] != null)
      .map(([name, words]) => `${Number.isInteger(values[name]) ? values[name] : short(values[name])} ${counted(values[name], words)}`).join(", ");
  }

  /** What the server tells of them; what is shown changes after the step that both share. */
  function branches(told) {
    if (told.now !== known.now) moved(shared(told));
    known = told;
    const focused = document.activeElement?.closest?.("[data-branch]")?.dataset.branch;
    const at = document.activeElement?.className;
    if (!renaming) list.replaceChildren(...told.all.map(row));
    list.hidden = told.all.length < 2;
    measure();
    stretch();
    if (!renaming && focused) list.querySelector(`[data-branch="${focused}"] .${at || "lane"}`)?.focus();
  }

  function way(all, number) {
    const found = new Map();
    let last = Infinity, branch = all.find((one) => one.branch === number);
    while (branch) {
      found.set(branch.branch, last);
      last = Math.min(last, branch.leaves);
      branch = all.find((one) => one.branch === branch.parent);
    }
    return found;
  }

  function shared(told) {
    const first = [{ branch: 1, parent: 0, leaves: -1 }];
    const mine = way(known.all.length ? known.all : first, known.now);
    for (const [number, last] of way(told.all, told.now)) {
      if (mine.has(number)) return Math.min(last, mine.get(number));
    }
    return -1;
  }

  function row({ branch, name, parent, leaves }) {
    const item = document.createElement("li"), now = branch === known.now;
    const last = !known.all.some((other) => other.parent === branch);
    item.dataset.branch = branch;
    item.classList.toggle("now", now);
    const from = parent ? `, leaves after step ${leaves + 1}` : "";
    item.append(
      button("lane", "", `${name}${from}`, () => send({ do: "branch", branch })),
      ...(now ? [] : [button("next", "Beside", `Show ${name} beside`, () => beside({ branch }, name))]),
      button("rename", "Rename", `Rename ${name}`, () => rename(item, branch, name)),
      ...(parent && last ? [button("drop", "Delete", `Delete ${name}`, () => send({ do: "delete", branch }))] : []));
    const lane = item.firstElementChild;
    lane.innerHTML = `<span class="name"></span><span class="track"><i></i></span><span class="price"></span>`;
    lane.lastElementChild.textContent = worth(known.prices?.[branch] ?? {});
    lane.firstElementChild.textContent = name;
    lane.setAttribute("aria-current", now);
    return item;
  }

  function button(kind, text, label, does) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = kind;
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.title = label;
    made.addEventListener("click", does);
    return made;
  }

  function rename(item, branch, name) {
    const input = document.createElement("input");
    input.value = name;
    input.maxLength = 40;
    input.setAttribute("aria-label", `Name of the branch ${name}`);
    renaming = branch;
    const done = (keep) => {
      if (renaming !== branch) return;
      renaming = 0;
      if (keep && input.value !== name) send({ do: "name", branch, name: input.value });
      branches(known);
      list.querySelector(`[data-branch="${branch}"] .rename`)?.focus();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "Escape") event.preventDefault(), done(event.key === "Enter");
    });
    input.addEventListener("blur", () => done(true));
    item.classList.add("naming");
    item.prepend(input);
    input.select();
  }

  function begin() {
    known = { now: 1, all: [], prices: {} };
    list.replaceChildren();
    list.hidden = true;
  }

  return { begin, branches, paint, price, known: () => known };
}
