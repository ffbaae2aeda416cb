/** Linked grids: see grids.py. What is looked at lights up here; the server hears of clicks and edits only. */

const PACE = 1150; // ms between two looks
const REST = 2600; // ms after a visitor has gone until it moves again
const LARGEST = 42; // px, a cell; on a stage a little more
const ON_STAGE = 44;
const LEAST = 24; // px, a cell in a row of grids; below that they wrap
const NARROW = 480; // px, a phone
const LEGIBLE = 30; // px, from where on a cell has room for what it prints
const kept = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  let figure = kept.get(parentElement);
  if (!figure) kept.set(parentElement, (figure = new Figure(parentElement)));
  figure.tell = setTriggerValue;
  figure.show(data);
  return () => figure.stop();
}

const element = (tag, attributes = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
};

/** A number as it is said, and as short as a cell is. */
const said = (value, digits = 3) => `${Number.parseFloat(value.toFixed(digits)) || 0}`.replace("-", "−");
const printed = (value) => said(value, Math.abs(value) < 1 ? 2 : 1).replace(/^(−?)0\./, "$1.");

/** How much ink a cell gets, in %; the middle greys are left out: no text is legible on them. */
const HALF = 0.5;
const inked = (share) => (share < HALF ? 76 * share : 60 + 40 * (share - HALF));

class Figure {
  constructor(root) {
    this.root = root;
    this.at = -1; // in the looks
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.visits = 0; // while somebody looks, nothing moves by itself
    this.form = "";
  }

  /** Draw, or draw anew what changed; the same shape keeps its cells, and with them the focus. */
  show(data) {
    const words = JSON.stringify(data);
    if (words === this.words) return this.go();
    this.words = words;
    this.data = data;
    const { grids, rows, looks, label } = data;
    const form = JSON.stringify([label, rows, Object.entries(grids).map(([name, g]) => [name, g.rows, g.columns, g.editable, g.ghosts])]);
    this.index();
    if (form !== this.form) {
      this.form = form;
      this.at = -1;
      this.build();
    }
    this.fill();
    if (this.at >= looks.length) this.at = -1;
    this.pick(data.picked);
    this.rests();
    this.go();
  }

  /** Which links a cell is in. */
  index() {
    this.met = {};
    for (const [grid, cells] of Object.entries(this.data.links)) {
      const found = (this.met[grid] = new Map());
      cells.forEach((cell, link) => {
        if (cell < 0) return;
        if (!found.has(cell)) found.set(cell, []);
        found.get(cell).push(link);
      });
    }
  }

  /** The cells that a cell is linked to, by grid; none twice. */
  linked(grid, cell) {
    const found = {};
    for (const link of this.met[grid]?.get(cell) ?? [])
      for (const [other, cells] of Object.entries(this.data.links))
        if (cells[link] >= 0) (found[other] ??= new Set()).add(cells[link]);
    return found;
  }

  build() {
    this.cells = {};
    this.frames = {};
    this.section = element("section", { class: "figure", "aria-label": this.data.label });
    for (const row of this.data.rows) {
      const line = element("div", { class: "row" });
      for (const part of row) line.append(this.data.grids[part] ? this.stack(part) : element("span", { class: "sign", "aria-hidden": "true" }, part));
      this.section.append(line);
    }
    this.caption = element("p", { class: "says" });
    this.play = element("button", { type: "button", class: "play" });
    this.next = element("button", { type: "button", class: "step" }, "Step");
    this.count = element("span", { class: "count" });
    this.section.append(element("div", { class: "bar" }, this.play, this.next, this.count, this.caption));
    this.root.querySelector(".figure")?.remove();
    this.root.append(this.section);
    this.listen();
    this.sizes?.disconnect();
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(this.section);
    this.fit();
  }

  /** A grid with its title, and with the strips that stand at its sides. */
  stack(name) {
    const { title, above, beside } = this.data.grids[name];
    const box = element("div", { class: "stack" });
    const strip = (other, side) => {
      if (!other) return;
      const note = element("span", { class: `note ${side}` }, this.data.grids[other].title);
      box.append(note, this.grid(other, side));
    };
    box.append(element("span", { class: "title" }, title));
    strip(above, "above");
    box.append(this.grid(name, "main"));
    strip(beside, "beside");
    return box;
  }

  grid(name, side) {
    const { rows, columns, ghosts, editable, title } = this.data.grids[name];
    const made = element("div", { class: `grid ${side}`, role: "grid", "aria-label": title, "data-grid": name });
    made.style.setProperty("--columns", columns);
    made.style.setProperty("--rows", rows);
    const cells = (this.cells[name] = []);
    for (let row = 0; row < rows; row++) {
      const line = element("div", { role: "row" });
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        const cell = element("div", { role: "gridcell", "data-cell": at });
        cell.className = ghosts.includes(at) ? "cell ghost" : "cell";
        if (editable) cell.append(element("input", { type: "number", step: "0.1", min: "-9", max: "9" }));
        else cell.tabIndex = at ? -1 : 0;
        cells.push(cell);
        line.append(cell);
      }
      made.append(line);
    }
    made.append((this.frames[name] = element("div", { class: "frame", hidden: "" })));
    return made;
  }

  /** Put the numbers in. */
  fill() {
    for (const [name, { values, names, ghosts, prints }] of Object.entries(this.data.grids)) {
      const most = Math.max(1e-9, ...values.map((value) => Math.abs(value ?? 0)));
      this.cells[name].forEach((cell, at) => {
        const value = values[at];
        const ghost = ghosts.includes(at);
        const share = value === null || ghost ? 0 : Math.abs(value) / most;
        cell.style.setProperty("--ink-share", `${Math.round(inked(share))}%`);
        cell.classList.toggle("none", value === null);
        cell.classList.toggle("dark", share >= HALF);
        cell.classList.toggle("minus", value < 0 && !ghost);
        const words = value === null ? "0, no wire" : said(value);
        const input = cell.firstElementChild;
        const called = `${names[at]}: ${words}`;
        if (input) {
          input.setAttribute("aria-label", called);
          if (this.root.activeElement !== input) input.value = Number.parseFloat(value.toFixed(3));
          return;
        }
        cell.setAttribute("aria-label", called);
        cell.dataset.prints = value === null || prints === "" ? "" : prints === "name" ? names[at] : printed(value);
      });
    }
  }

  /** Whether the page is shown to a room. */
  stage() {
    return document.querySelector(".on-stage") !== null;
  }

  /** As large as the place allows: each row of the figure has one size of cell. */
  fit() {
    const width = this.section.clientWidth;
    if (!width) return;
    const across = (name) => {
      const { columns, beside } = this.data.grids[name];
      return columns + (beside ? 1.4 : 0);
    };
    const [sign, gap] = width <= NARROW ? [14, 6] : [24, 10];
    [...this.section.querySelectorAll(".row")].forEach((row, at) => {
      const names = this.data.rows[at].filter((part) => this.data.grids[part]);
      const parts = this.data.rows[at].length;
      const between = (parts - names.length) * sign + (parts - 1) * gap + names.length * 3;
      const all = names.reduce((sum, name) => sum + across(name), 0);
      let size = (width - between) / all;
      const wraps = size < LEAST && names.length > 1;
      if (wraps) size = (width - 8) / Math.max(...names.map(across));
      size = Math.max(3, Math.min(this.stage() ? ON_STAGE : LARGEST, Math.floor(size)));
      row.style.setProperty("--cell", `${size}px`);
      row.classList.toggle("wraps", wraps);
      row.classList.toggle("terse", size < LEGIBLE);
      row.classList.toggle("fine", size < 13);
    });
    if (this.now) this.light(...this.now, false);
  }

  // what is looked at

  /** Light a cell and all that it is linked to, and say what it is. */
  light(grid, cell, aloud = true) {
    this.now = [grid, cell];
    const found = this.linked(grid, cell);
    const here = this.cells[grid][cell];
    for (const [name, cells] of Object.entries(this.cells))
      cells.forEach((one, at) => {
        one.classList.toggle("on", one !== here && (found[name]?.has(at) ?? false));
        one.classList.toggle("here", one === here);
      });
    for (const [name, frame] of Object.entries(this.frames)) {
      const lit = [...(found[name] ?? [])];
      const wanted = this.data.frames[name]?.includes(grid) && lit.length > 0;
      frame.hidden = !wanted;
      if (wanted) this.enclose(frame, lit, this.data.grids[name].columns);
    }
    this.caption.setAttribute("aria-live", aloud ? "polite" : "off");
    this.caption.replaceChildren(...this.sentence(grid, cell, found));
  }

  /** The frame slides to where the kernel lies. */
  enclose(frame, cells, columns) {
    const [rows, across] = [cells.map((at) => Math.floor(at / columns)), cells.map((at) => at % columns)];
    const [top, left] = [Math.min(...rows), Math.min(...across)];
    frame.style.setProperty("--top", top);
    frame.style.setProperty("--left", left);
    frame.style.setProperty("--down", Math.max(...rows) - top + 1);
    frame.style.setProperty("--over", Math.max(...across) - left + 1);
  }

  sentence(grid, cell, found) {
    const { names, says, template, empty, values } = this.data.grids[grid];
    const name = element("b", {}, names[cell]);
    if (says[cell]) return [name, ` ${says[cell]}`];
    if (values[cell] === null) return [name, ` ${empty}`];
    const linkedName = (_, other) => this.data.grids[other].names[[...(found[other] ?? [0])][0]];
    return [name, ` ${template.replace(/\{(\w+)\}/g, linkedName)}`];
  }

  rests() {
    this.counts();
    if (this.chosen) return this.light(...this.chosen, false);
    if (this.at < 0) this.at = 0;
    const look = this.data.looks[this.at];
    this.light(look.grid, look.cell, false);
    this.counts();
  }

  pick(picked) {
    const [grid, cell] = (picked ?? "").split(":");
    this.chosen = this.cells[grid]?.[Number(cell)] ? [grid, Number(cell)] : null;
    for (const cells of Object.values(this.cells)) for (const one of cells) one.classList.remove("picked");
    if (this.chosen) this.cells[grid][Number(cell)].classList.add("picked");
  }

  // what moves by itself

  go() {
    clearInterval(this.clock);
    this.clock = setInterval(() => {
      if (!this.still && !this.visits && !this.chosen && !document.hidden) this.step();
    }, PACE);
    this.counts();
  }

  stop() {
    clearInterval(this.clock);
  }

  step() {
    this.at = (this.at + 1) % this.data.looks.length;
    const look = this.data.looks[this.at];
    this.light(look.grid, look.cell, this.still);
    this.counts();
  }

  counts() {
    if (!this.play) return;
    const moves = !this.still && !this.chosen;
    this.play.textContent = moves ? "Pause" : "Play";
    this.count.textContent = this.chosen ? "held" : `${this.at + 1} of ${this.data.looks.length}`;
    this.section.dataset.moves = moves ? "yes" : "no";
    this.section.classList.toggle("stage", this.stage());
  }

  // who looks

  listen() {
    const cellAt = (event) => {
      const cell = event.composedPath().find((one) => one.classList?.contains("cell"));
      return cell ? [cell.closest("[data-grid]").dataset.grid, Number(cell.dataset.cell)] : null;
    };
    const under = (event) => {
      const cell = this.root.elementFromPoint?.(event.clientX, event.clientY)?.closest?.(".cell");
      return cell ? [cell.closest("[data-grid]").dataset.grid, Number(cell.dataset.cell)] : null;
    };
    const look = (at) => {
      this.visits = 1;
      clearTimeout(this.leaving);
      if (at && `${at}` !== `${this.now}`) this.light(...at);
    };
    const leave = () => {
      clearTimeout(this.leaving);
      this.leaving = setTimeout(() => {
        this.visits = 0;
        this.rests();
      }, this.chosen ? 200 : REST);
    };
    const on = (kind, does) => this.section.addEventListener(kind, does);
    on("pointerover", (event) => event.pointerType === "mouse" && cellAt(event) && look(cellAt(event)));
    on("pointerdown", (event) => cellAt(event) && look(cellAt(event)));
    on("pointermove", (event) => event.pointerType !== "mouse" && under(event) && look(under(event)));
    on("pointerleave", leave);
    on("focusin", (event) => cellAt(event) && look(cellAt(event)));
    on("focusout", leave);
    on("click", (event) => {
      if (event.target === this.play) this.turn();
      else if (event.target === this.next) this.once();
      else if (cellAt(event) && !(event.target.localName === "input" && this.holds(cellAt(event)))) this.choose(cellAt(event));
    });
    on("keydown", (event) => this.key(event, cellAt(event)));
    on("change", (event) => {
      const at = cellAt(event);
      const value = event.target.valueAsNumber;
      if (at && Number.isFinite(value)) this.tell("edited", [at[0], at[1], value]);
    });
  }

  turn() {
    this.visits = 0;
    if (this.chosen) {
      this.choose(this.chosen);
      this.still = false;
    } else this.still = !this.still;
    if (!this.still) this.step();
    this.counts();
  }

  once() {
    this.still = true;
    if (this.chosen) this.choose(this.chosen);
    this.step();
  }

  /** A click holds a cell, a second one lets it go. */
  choose(at) {
    const picked = at.join(":");
    const again = this.holds(at);
    this.pick(again ? "" : picked);
    this.light(...at);
    this.counts();
    this.tell("picked", again ? "" : picked);
  }

  holds(at) {
    return `${this.chosen}` === `${at}`;
  }

  key(event, at) {
    if (event.key === "Escape" && this.chosen) return this.choose(this.chosen);
    if (!at || event.target.localName === "input") return;
    const { columns, rows } = this.data.grids[at[0]];
    const [row, column] = [Math.floor(at[1] / columns), at[1] % columns];
    const moves = { ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], Home: [row, 0], End: [row, columns - 1] };
    if (event.key === "Enter" || event.key === " ") this.choose(at);
    else if (!moves[event.key]) return;
    else {
      const [down, over] = moves[event.key];
      if (down >= 0 && down < rows && over >= 0 && over < columns) this.focus(at[0], down * columns + over);
    }
    event.preventDefault();
  }

  focus(grid, cell) {
    for (const one of this.cells[grid]) one.tabIndex = -1;
    this.cells[grid][cell].tabIndex = 0;
    this.cells[grid][cell].focus();
  }
}
