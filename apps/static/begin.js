/** Where a page begins: with the run that it had, what was handed to it, its address, or its first preset. */

const OTHERS = ["r", "room", "lecture", "lesson", "at", "preset"]; // names in an address that are no settings
const FRESH = 4500; // ms for which a run that a page has left is still there
const MOST = 8; // pages of the tab's history whose runs are kept
const OFTEN = 1000; // ms from one time that a page leaves its run to the next, until it goes

/** Leave something for the next page of this tab; whether there was room. @param {string} name @param {any} value */
export function remember(name, value) {
  try { return sessionStorage.setItem(name, JSON.stringify(value)), true; } catch { return false; }
}

/** What was left, once. @param {string} name */
export function recall(name) {
  try {
    const value = JSON.parse(sessionStorage.getItem(name));
    sessionStorage.removeItem(name);
    return value;
  } catch { return null; }
}

/** The place of this page in the tab's history; its address, where a browser does not say. */
const place = () => /** @type {any} */ (window).navigation?.currentEntry?.key ?? location.href;

/** Keep the run of a page that goes for when it is come back to; the pages left longest ago are forgotten. */
function keep(name, run, kept) {
  const names = [...(recall("runs") ?? []).filter((one) => one !== name), name];
  for (const old of names.splice(0, Math.max(0, names.length - MOST))) recall(old);
  remember("runs", names);
  if (!remember(name, { ...run, kept })) remember(name, run); // no room for that
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

/** Which preset an address begins with: the first if it names none; null if there is no such one. */
export function chosen(said, count) {
  if (said === null) return 0;
  return /^\d+$/.test(said) && +said >= 1 && +said <= count ? +said - 1 : null;
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
  const [entry] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const mine = `run ${place()}`, last = recall("run"), left = recall(mine), handed = recall("open");
  const returns = entry?.type === "back_forward" && left !== null, was = returns ? left : last;
  const found = addressed(query, config.defaults);
  let { settings: given } = found, carried = false, leftAt = 0;
  for (const name of found.unknown) {
    player.notice(`There is no setting '${name.slice(0, 40)}' here: choose from ${Object.keys(config.defaults).join(", ")}.`);
  }

  const back = returns || entry?.type === "reload" || was?.away || (was?.carried && Date.now() - was.at < FRESH);
  if (was?.probe === config.probe && back) {
    player.begin({ run: was.run, token: was.token, kept: was.kept });
    if (was.twin) pair?.back(was.twin);
    leave(); // a page that does not come so far can be reloaded once more
  } else if (handed) player.begin({ link: handed });
  else if (query.get("r")) player.begin({ link: query.get("r") });
  else {
    const step = chosen(query.get("preset"), config.presets.length);
    if (step === null) player.notice(`There is no step ${query.get("preset").slice(0, 20)} on this page's path: choose 1 to ${config.presets.length}.`);
    const start = { ...config.defaults, ...config.presets[step ?? 0]?.settings };
    player.begin({ settings: given ? { ...config.defaults, ...given } : start });
    if (!given && !step && config.keyframe && !config.landing) player.recorded(`/keyframes/${config.probe}`);
    if (!given && config.presets.length) player.mark(step ?? 0);
  }

  player.heard(({ status, elsewhere }) => {
    if (status && Date.now() - leftAt > OFTEN) leave(); // a tab that is discarded says no farewell
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
  addEventListener("pagehide", () => leave(true));

  /** Leave the run to the next page, with what opens it again where it is gone. */
  function leave(goes = false) {
    if (!player.run) return;
    leftAt = Date.now();
    const twin = pair?.twin.memory();
    const away = player.state === "away"; // a page that then cannot be opened is no reload any more
    const left = { probe: config.probe, run: player.run, token: player.token(), at: leftAt, carried, away, twin };
    if (!remember("run", { ...left, kept: player.kept() })) remember("run", left); // no room for that
    if (goes) keep(mine, left, player.kept());
  }
}
