/** Where a page begins: with the run that it had, what was handed to it, its address, or its first preset. */

const OTHERS = ["r", "room", "lecture"]; // names in an address that are no settings
const FRESH = 4500; // ms for which a run that nobody watches is still there

/** Leave something for the next page of this tab. @param {string} name @param {any} value */
export function remember(name, value) {
  try { sessionStorage.setItem(name, JSON.stringify(value)); } catch { /* it is only a convenience */ }
}

/** What was left, once. @param {string} name */
export function recall(name) {
  try {
    const value = JSON.parse(sessionStorage.getItem(name));
    sessionStorage.removeItem(name);
    return value;
  } catch { return null; }
}

/**
 * The settings that an address names, null if none; the stage checks their values and answers.
 * @param {URLSearchParams} query
 * @param {Record<string, any>} defaults
 * @returns {{settings: Record<string, any> | null, unknown: string[]}}
 */
export function addressed(query, defaults) {
  const settings = {}, unknown = [];
  for (const [name, text] of query) {
    if (OTHERS.includes(name) || name.startsWith("__")) continue; // Gradio's own
    if (name in defaults) settings[name] = as(defaults[name], text);
    else unknown.push(name);
  }
  return { settings: Object.keys(settings).length ? settings : null, unknown };
}

/** A text as the kind of value that a default is, where it can be one. */
function as(like, text) {
  const number = text.trim() === "" ? NaN : Number(text);
  if (typeof like === "number") return Number.isFinite(number) ? number : text;
  if (typeof like === "boolean") return { true: true, false: false }[text] ?? text;
  if (!Array.isArray(like)) return text;
  const all = text.trim() === "" ? [] : text.split(",").map((one) => (one.trim() === "" ? NaN : Number(one)));
  return all.every(Number.isFinite) ? all : text;
}

/**
 * Opens the first run, and leaves it to the next page when this one goes.
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Config} config
 * @param {ReturnType<typeof import("./pairing.js").pairing> | null} pair
 */
export function begin(player, config, pair) {
  const query = new URLSearchParams(location.search);
  const was = recall("run"), handed = recall("open");
  const [entry] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const found = addressed(query, config.defaults);
  let { settings: given } = found, carried = false;
  for (const name of found.unknown) {
    player.notice(`There is no setting '${name.slice(0, 40)}' here: choose from ${Object.keys(config.defaults).join(", ")}.`);
  }

  if (was?.probe === config.probe && Date.now() - was.at < FRESH && (entry?.type === "reload" || was.carried)) {
    player.begin({ run: was.run, token: was.token });
    if (was.twin) pair?.back(was.twin);
  } else if (handed) player.begin({ link: handed });
  else if (query.get("r")) player.begin({ link: query.get("r") });
  else {
    player.begin({ settings: given ? { ...config.defaults, ...given } : { ...config.start } });
    if (!given && config.keyframe && !config.landing) player.recorded(`/keyframes/${config.probe}`);
    if (!given && config.presets.length) player.mark(0);
  }

  player.heard(({ status, elsewhere }) => {
    if (status?.state === "failed" && player.step < 0 && given) { // none of the network's, and that was said
      given = null;
      player.open({ settings: { ...config.start } });
    }
    if (elsewhere) {
      remember("open", query.get("r"));
      location.replace(`/app/${elsewhere.probe}/`);
    }
  });
  document.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest?.("[data-carry]")) carried = true;
  });
  addEventListener("pagehide", () => {
    if (!player.run) return;
    const twin = pair?.twin.memory();
    remember("run", { probe: config.probe, run: player.run, token: player.token(), at: Date.now(), carried, twin });
  });
}
