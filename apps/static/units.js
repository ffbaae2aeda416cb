/** A sheet of a layer's units: tiles from sprites, else made now, what is in sight first. */

import { elsewhere } from "./elsewhere.js";
import { lecture } from "./lecture.js";
import { maker } from "./tiles.js";
import { counted } from "./words.js";

/** @param {{network: string, layer: string, defaults: Record<string, any>, device: string}} config */
export function start(config) {
  elsewhere();
  lecture(document.querySelector("main"), { notice: (text) => say(text) });
  const $ = (id) => document.getElementById(id);
  const list = $("units"), notice = document.querySelector(".notice");
  const asked = new URLSearchParams(location.search);
  const shown = {
    network: asked.get("network") ?? config.network,
    layer: asked.get("layer") ?? config.layer,
    sort: asked.get("sort") === "score" ? "score" : "number",
    silent: asked.get("silent") !== "without",
  };
  let table = null; // of the layer that is shown
  let tiles = []; // by number: the link of each unit
  let current = 0; // the unit that the keyboard is at

  const say = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };

  async function fetched(address) {
    const answer = await fetch(address);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.sentence);
    return body;
  }

  // the two choices in the sentence

  const networks = {};
  async function layers() {
    const known = (networks[shown.network] ??= await fetched(`/networks/${encodeURIComponent(shown.network)}.json`));
    const groups = known.groups.filter(([title]) => title !== "Logits"); // classes are no units of a layer
    $("network").value = shown.network;
    $("layer").replaceChildren(...groups.map(([title, names]) => {
      const group = document.createElement("optgroup");
      group.label = title;
      group.append(...names.map((name) => new Option(name, name, false, name === shown.layer)));
      return group;
    }));
  }

  async function open() {
    making.stop();
    const wanted = `${shown.network} ${shown.layer}`;
    try {
      await layers();
      const found = await fetched(`/units/layer.json?${new URLSearchParams({ network: shown.network, layer: shown.layer })}`);
      if (wanted !== `${shown.network} ${shown.layer}`) return; // another was chosen meanwhile
      table = found;
    } catch (error) {
      return refused(error.message);
    }
    say("");
    fill();
    about();
    remember();
  }

  /** A network or layer that is none: what is wrong is said, and the default is shown. */
  function refused(sentence) {
    const first = shown.network === config.network && shown.layer === config.layer;
    Object.assign(shown, { network: config.network, layer: config.layer });
    if (first) return say(sentence);
    open().then(() => say(sentence));
  }

  function remember() {
    const said = { network: shown.network, layer: shown.layer, sort: shown.sort, silent: shown.silent ? "" : "without" };
    const plain = { network: config.network, layer: config.layer, sort: "number", silent: "" };
    const query = new URLSearchParams(Object.entries(said).filter(([name, value]) => value !== plain[name]));
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
  }

  // the tiles

  function fill() {
    list.setAttribute("aria-label", `Units of ${table.layer}`);
    $("find").max = table.channels - 1;
    tiles = Array.from({ length: table.channels }, (_, unit) => {
      const tile = document.createElement("a");
      const changes = { network: table.network, layer: table.layer, unit };
      const query = Object.entries(changes).filter(([name, value]) => value !== config.defaults[name]);
      tile.href = `/app/features/?${new URLSearchParams(query)}`;
      tile.dataset.unit = `${unit}`;
      tile.tabIndex = -1;
      return tile;
    });
    table.sheets.forEach(put);
    tiles.forEach((_, unit) => label(unit));
    arrange();
    making.open(table, tiles);
  }

  /** A sheet's tiles get their pictures. */
  function put({ address, first, count, columns, rows }) {
    for (let i = 0; i < count; i += 1) {
      const { style, dataset } = tiles[first + i];
      const part = (at, of) => (of > 1 ? (100 * at) / (of - 1) : 0);
      style.backgroundImage = `url("${address}")`;
      style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
      style.backgroundPosition = `${part(i % columns, columns)}% ${part(Math.floor(i / columns), rows)}%`;
      dataset.made = "";
    }
  }

  /** How many times the best of the photographs; below all others where there is no such number. */
  function times(unit) {
    const known = table.numbers[unit];
    if (!known) return -2;
    if (known.silent) return -1;
    return known.photographs > 0 ? known.score / known.photographs : Infinity;
  }

  function label(unit) {
    const known = table.numbers[unit], many = times(unit);
    const short = !known ? (tiles[unit].dataset.made === undefined ? "not made yet" : "not kept") : known.silent ? "silent" : known.saturated ? "saturated"
      : Number.isFinite(many) ? `${plain(many)} × best photo` : `${plain(known.score)}`;
    tiles[unit].dataset.said = `${table.layer} · ${unit}\n${short}`;
    tiles[unit].setAttribute("aria-label", `Unit ${unit}, ${short.replace("× best photo", "times the best photograph")}`);
  }
  const plain = (value) => (Math.abs(value) >= 100 ? Math.round(value) : +value.toPrecision(2)).toString();

  /** The line above the sheet: all that is known of the unit that is pointed at. */
  function sentence(unit) {
    const known = table.numbers[unit], who = `Unit ${unit} of ${table.layer}`;
    if (!known) return `${who}: its score is not there yet.`;
    if (known.silent) return `${who} is silent here: it is 0 on its picture and on every shipped photograph.`;
    const many = times(unit);
    const beside = Number.isFinite(many) ? `${plain(many)} times the best of the shipped photographs`
      : `at ${plain(known.score)}, against ${plain(known.photographs)} for the best of the shipped photographs`;
    const flat = known.saturated ? " Most of it stands at ReLU6's ceiling of 6." : "";
    return `${who}: its picture drives it ${beside}, on views never seen in the ascent (${Math.round(100 * known.kept)}% of the score is kept there).${flat}`;
  }

  /** In order, without those that are not wanted; the keyboard stays at its unit. */
  function arrange() {
    const units = tiles.map((_, unit) => unit).filter((unit) => shown.silent || !table.numbers[unit]?.silent);
    if (shown.sort === "score") units.sort((a, b) => times(b) - times(a) || a - b);
    list.replaceChildren(...units.map((unit) => {
      const item = document.createElement("li");
      item.append(tiles[unit]);
      return item;
    }));
    const quiet = table.numbers.filter((known) => known?.silent).length;
    $("quiet").hidden = !quiet;
    $("silent").checked = !shown.silent;
    $("sort").value = shown.sort;
    $("count").textContent = `${units.length} ${counted(units.length, "units")}${quiet ? `, ${quiet} silent` : ""}`;
    at(units.includes(current) ? current : units[0] ?? 0);
  }

  function at(unit, focus = false) {
    if (tiles[current]) tiles[current].tabIndex = -1;
    current = unit;
    if (!tiles[unit]) return;
    tiles[unit].tabIndex = 0;
    if (focus) {
      tiles[unit].focus({ preventScroll: true });
      tiles[unit].scrollIntoView({ block: "nearest" });
    }
  }

  function about() {
    const small = table.whole ? "" : `These are made now, quickly: ${table.quick.steps} steps at ${table.quick.canvas} px, nine at a time, those in sight first; what is done is kept for the next visit. `;
    const ahead = table.whole ? "These were rendered beforehand, all from the same noise: python -m core atlas. " : "";
    $("about").textContent = `${ahead}${small}The score is taken on the 8-bit picture, on views never seen in the ascent. A picture is one maximum of many: another seed, another picture that drives the unit as much.`;
  }

  // made now

  const making = maker({
    done(sheet) {
      sheet.numbers.forEach((known, i) => {
        table.numbers[sheet.first + i] = known;
        label(sheet.first + i);
      });
      put(sheet);
      if (sheet.numbers.some(({ silent }) => silent) || shown.sort === "score") later(arrange);
      describe(pointed);
    },
    say,
  });

  /** Sorting again at once would move what somebody looks at: only when nothing is pointed at. */
  let waiting = 0;
  function later(act) {
    clearTimeout(waiting);
    waiting = setTimeout(() => (list.matches(":hover, :focus-within") ? later(act) : act()), 1500);
  }

  // hands

  let pointed = null;
  function describe(unit) {
    pointed = unit;
    $("said").textContent = unit === null || !table ? "" : sentence(unit);
  }
  const unitOf = (target) => target.closest?.("[data-unit]")?.dataset.unit;
  for (const type of ["pointerover", "focusin"]) {
    list.addEventListener(type, ({ target }) => {
      const unit = unitOf(target);
      if (unit === undefined) return;
      if (type === "focusin") at(+unit);
      describe(+unit);
    });
  }
  list.addEventListener("pointerleave", () => describe(list.contains(document.activeElement) ? current : null));

  list.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const order = [...list.children].map((item) => +item.firstChild.dataset.unit);
    const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
    const rows = Math.max(1, Math.floor(innerHeight / list.firstElementChild.offsetHeight) - 2);
    const by = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns,
      PageDown: rows * columns, PageUp: -rows * columns, Home: -Infinity, End: Infinity,
    }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const here = order.indexOf(current);
    let to = Math.min(order.length - 1, Math.max(0, here + by));
    if (Math.abs(by) === columns && to !== here + by) to = here; // no row there
    at(order[to], true);
  });

  $("network").addEventListener("change", ({ target }) => {
    shown.network = target.value;
    layers().then(() => {
      const names = [...$("layer").options].map(({ value }) => value);
      if (!names.includes(shown.layer)) shown.layer = names[0];
      open();
    }, (error) => refused(error.message));
  });
  $("layer").addEventListener("change", ({ target }) => ((shown.layer = target.value), open()));
  $("sort").addEventListener("change", ({ target }) => ((shown.sort = target.value), arrange(), remember()));
  $("silent").addEventListener("change", ({ target }) => ((shown.silent = !target.checked), arrange(), remember()));
  $("find").addEventListener("input", ({ target }) => {
    const unit = target.valueAsNumber;
    const there = tiles[unit]?.isConnected;
    list.querySelector(".found")?.classList.remove("found");
    if (!there) return void (target.value !== "" && ($("said").textContent = `${table.layer} has ${table.channels} units, 0 to ${table.channels - 1}; ${target.value} is not on this sheet.`));
    at(unit);
    tiles[unit].classList.add("found");
    tiles[unit].scrollIntoView({ block: "center" });
    describe(unit);
  });
  $("find").addEventListener("keydown", ({ key }) => {
    if (key === "Enter" && list.querySelector(".found")) at(current, true);
  });
  open();
}
