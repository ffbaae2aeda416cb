/** Which network is held still: what can be chosen, what must be fetched first, and what then fits. */

const OTHER = "another, by its name…";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const address = (name) => `/networks/${name.split("/").map(encodeURIComponent).join("/")}`;

/** `said` hears how far a fetch is, and nothing when it is over; `values` shows the settings of now. */
export function networks(player, config, fields, { said, values }) {
  const tables = {}; // by name, as the server tells of them
  const pending = {}; // what was chosen and is not there yet, by setting
  let asking = 0;

  /** What is inside a network; where it must be fetched, that is begun and waited for. */
  function table(name, typed = false) {
    tables[name] ??= arrived(name, typed).catch((error) => {
      delete tables[name];
      throw error;
    });
    return tables[name];
  }

  async function arrived(name, typed) { // what was typed may be no network: the server says so
    if (typed) {
      const told = await (await fetch(`${address(name)}/fetch`, { method: "POST" })).json();
      if (told.failed) throw new Error(told.sentence);
    }
    for (let asked = typed; ; await pause(350)) {
      let answer = await fetch(`${address(name)}.json`);
      let told = await answer.json();
      if (answer.status === 202 && !told.going && !asked) {
        asked = true;
        answer = await fetch(`${address(name)}/fetch`, { method: "POST" });
        told = await answer.json();
      }
      if (!answer.ok || told.failed) throw new Error(told.sentence);
      if (answer.status !== 202) return told;
      if (name in waiting()) said(told.sentence);
    }
  }
  const waiting = () => Object.fromEntries(Object.values(pending).map((name) => [name, true]));

  /** Another network: its table first, so that everything that is sent exists in it. */
  async function choose(field, name, typed = false) {
    const turn = ++asking;
    pending[field.name] = name;
    try {
      const info = await table(name, typed);
      if (turn === asking) player.again(moved(field, info));
    } catch (error) {
      if (turn === asking) player.notice(error.message);
    }
    if (turn !== asking) return;
    delete pending[field.name];
    said("");
    offer();
    values();
  }

  /** The changes that a network brings: layer, unit, class, and what only a class made sense of. */
  function moved(network, info) {
    const changes = { [network.name]: info.name };
    for (const field of Object.values(fields)) {
      if (field.of === network.name && field.kind === "Layer") onto(field, info, changes);
      if (field.of === network.name && field.kind === "Label") {
        const last = info.labels.length - 1;
        if (last >= 0) changes[field.name] = Math.min(player.settings[field.name], last);
        const [other, wanted] = config.when?.[field.name] ?? [];
        if (other && last < 0 && wanted.includes(player.settings[other])) {
          changes[other] = fields[other].options.find((option) => !wanted.includes(option));
        }
      }
    }
    return changes;
  }

  function onto(field, info, changes) {
    const there = info.layers.some(({ name }) => name === player.settings[field.name]);
    const [layer, unit] = there ? [player.settings[field.name]] : info.first;
    const { channels } = info.layers.find(({ name }) => name === layer);
    changes[field.name] = layer;
    for (const { name, kind, of } of Object.values(fields)) {
      if (kind === "Unit" && of === field.name) {
        changes[name] = unit ?? Math.min(player.settings[name], channels - 1);
      }
    }
  }

  /** A network without classes offers none. */
  function gate(field, info) {
    const [[other, wanted] = []] = config.when?.[field.name] ?? [];
    const select = other && document.querySelector(`select[data-field="${other}"]`);
    for (const option of select?.options ?? []) {
      option.hidden = option.disabled = !info.labels.length && wanted.includes(option.value);
    }
  }

  /** Fill the choices of networks: those that are here, then those that would be fetched. */
  async function offer() {
    const places = Object.values(fields).filter(({ kind }) => kind === "Network")
      .flatMap((field) => [...document.querySelectorAll(`select[data-field="${field.name}"]`)].map((place) => [place, field]));
    if (!places.length) return;
    const answer = await fetch("/networks.json");
    if (!answer.ok) return;
    const told = await answer.json();
    for (const [place, field] of places) fill(place, field, told);
    values();
  }

  function fill(place, { family, world }, { networks: every, public: closed }) {
    const fits = (one) => (!one.family || one.family === family) && (!world || world.split(" or ").includes(one.world));
    const networks = every.filter(fits);
    const option = ({ name, title, here, megabytes }) =>
      new Option(here ? title : `${title} · fetches ${megabytes ? `${megabytes} MB ` : ""}once`, name);
    const here = networks.filter((one) => one.here), away = networks.filter((one) => !one.here);
    place.replaceChildren(...here.map(option), ...(away.length ? [group("Not here yet", away.map(option))] : []));
    if (!closed && family === "classifier") place.add(new Option(OTHER, ""));
  }

  function group(label, options) {
    const made = document.createElement("optgroup");
    made.label = label;
    made.append(...options);
    return made;
  }

  /** A field for a name instead of the choice, until it is given or given up. */
  function asked(select, field) {
    const input = document.createElement("input");
    input.className = "label named";
    input.placeholder = "torchvision/resnet34";
    input.setAttribute("aria-label", "A network of torchvision or timm, by its name");
    input.spellcheck = false;
    const done = (name) => {
      input.onblur = null;
      input.remove();
      select.hidden = false;
      name ? choose(field, name, true) : values();
    };
    input.onkeydown = ({ key }) => {
      if (key === "Enter") done(input.value.trim());
      if (key === "Escape") done("");
    };
    input.onblur = () => done("");
    select.hidden = true;
    select.after(input);
    input.focus();
  }

  /** Somebody used the choice of a network. */
  function used(select, field) {
    select.value ? choose(field, select.value) : asked(select, field);
  }

  return { table, used, choose, gate, offer, pending };
}

/** Beside the control, whether it is a fair one: a twin that could not be calibrated is not. */
export function fairness(element, how) {
  const place = element.querySelector(".how");
  return (unfair) => {
    const text = unfair ? `${how}. Unfair: its activations could not be brought to the trained size` : how;
    if (place.textContent !== text) place.textContent = text;
  };
}

/** Where the sentence of a run stands, how far the fetching is; the run itself goes on. */
export function fetching(element) {
  const caption = element.querySelector(".caption");
  const line = document.createElement("p");
  line.className = "caption fetching";
  line.setAttribute("role", "status");
  line.hidden = true;
  caption.after(line);
  return (text) => {
    if (text) line.textContent = text;
    caption.hidden = Boolean(text);
    line.hidden = !text;
  };
}
