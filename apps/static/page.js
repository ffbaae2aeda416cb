/** A page with a player: what surrounds it, from the sentence above to the program below. */

import { begin, recall, remember } from "./begin.js";
import { bringing } from "./bring.js";
import { choices } from "./choices.js";
import { coding } from "./code.js";
import { drawings } from "./drawing.js";
import { elsewhere } from "./elsewhere.js";
import { filming } from "./film.js";
import { follow } from "./follow.js";
import { guessing } from "./guess.js";
import { latents } from "./latent.js";
import { lecture } from "./lecture.js";
import { painting } from "./mask.js";
import { fairness, fetching, networks } from "./networks.js";
import { pairing } from "./pairing.js";
import { panels } from "./panels.js";
import { path } from "./path.js";
import { player as playing } from "./player.js";
import { points } from "./point.js";
import { readings } from "./readings.js";
import { sets } from "./set.js";
import { survival } from "./survival.js";
import { tabs } from "./tabs.js";
import { charts } from "./charts.js";
import { turning } from "./turning.js";
import { widgets } from "./widgets.js";
import { shared } from "./words.js";

const ARRIVING = 10_000; // ms until all of Gradio's page is there

/**
 * @typedef {object} Field a setting, as apps/kit/page.py tells of it
 * @property {string} name
 * @property {string} kind the class in core/probe.py: Range, Layer, Point …
 * @property {string} label
 * @property {boolean} [live] whether it changes without a restart
 * @property {boolean} [whole]
 * @property {number} [low]
 * @property {number} [high]
 * @property {boolean} [log]
 * @property {string} [unit]
 * @property {string} [zero] a word for 0
 * @property {string} [of] the setting that it is one of
 * @property {string} [over] the panel, or the setting, that it lies on
 * @property {number} [shown] how many of a latent's numbers have a slider
 * @property {string[]} [options]
 * @property {string} [family] what a network must be able to do
 * @property {string} [world] what its pictures must be of
 * @property {string} [without] a word for none
 * @property {string} [every] a word for all of a set
 * @property {string} [help]
 *
 * @typedef {object} Preset
 * @property {string} sentence
 * @property {Record<string, any>} settings
 * @property {number} at_step
 * @property {[string, number, string]} claim
 * @property {Record<string, any>} twin
 * @property {import("./guess.js").Guess | null} [guess]
 *
 * @typedef {object} Config what apps/kit/page.py knows of a page and its probe
 * @property {string} probe
 * @property {Record<string, any>} defaults
 * @property {Record<string, any>} start the settings of the first run
 * @property {Field[]} fields
 * @property {string[]} widgets the settings that have a widget of Gradio's
 * @property {Preset[]} presets
 * @property {Record<string, [string, any[]][]>} when see conditions.js
 * @property {string} limits
 * @property {string} control
 * @property {string} extension a script of this folder, or none
 * @property {[string, string][]} readings
 * @property {Record<string, string>} [panels] those as large as the control, each with its words
 * @property {string[]} [charts] those whose curves may be looked at closer
 * @property {Record<string, string[]>} [turns] one of them that may be turned, with its three axes in words
 * @property {string} device
 * @property {boolean} keyframe
 * @property {{name: string, said: string, help: string}[] | null} survival
 * @property {boolean} [small] without a bar
 * @property {boolean} [landing]
 *
 * @typedef {object} Page what an extension may ask of the page around the player
 * @property {(name: string) => any} recall what the page before has left, once
 * @property {(take: (file: File) => void) => void} takes files with weights that a visitor brings go there
 * @property {(field: string) => string[]} pictures the names that are offered for a setting
 * @property {(field: string, value: string, text: string) => void} option offer one more
 *
 * @typedef {(player: import("./player.js").Player, page: Page) => void} Extension
 *
 * @typedef {object} Around what Gradio's handlers ask of the page, beside the player
 * @property {() => void} arrived its widgets are there, or come in a moment
 * @property {(now: any[]) => any[]} values what its widgets are to show
 * @property {import("./twin.js").Twin | null} twin
 * @property {(() => any) | null} survival the measurement of now
 *
 * @typedef {import("./player.js").Player & Around} Lab
 */

/**
 * Start the page: the socket is opened before Gradio is there.
 * @param {Config} given
 * @returns {Lab}
 */
export function start(given) {
  const config = { ...given, start: { ...given.defaults, ...given.presets[0]?.settings } };
  const player = playing(config);
  const fields = Object.fromEntries(config.fields.map((field) => [field.name, field]));
  panels(player);
  const measured = config.survival ? survival(player, config.survival) : null;
  if (config.readings.length) readings(player, config.readings);
  const brought = bringing(player, config, fields);
  if (!config.landing) painting(player, brought.put), filming(player);
  const known = networks(player, config, fields, { said: fetching(player.element), values: () => paint() });
  const chosen = choices(player, config, fields, known, () => paint());
  const placed = points(player, config.fields, chosen.change), latent = latents(player, config.fields, chosen.change);
  const set = sets(player, config.fields, chosen.change);
  const pair = config.small ? null : pairing(player, config, fields, { table: known.table, network: chosen.network });
  const gradio = widgets(player, config, fields), program = coding(player);
  path(player, config);
  const turned = tabs(document.querySelector(".panel"), program.write);
  if (config.landing) elsewhere();
  if (!config.small) guessing(player, config, follow(player));
  if (config.extension) {
    const page = { recall, takes: brought.takes, pictures: brought.pictures, option };
    import(`./${config.extension}.js`).then(({ extension }) => extension(player, page));
  }

  /** All controls show the settings of now. */
  function paint() {
    chosen.values();
    placed.values();
    latent.values();
    set.values();
    gradio.paint();
    program.write();
  }

  // what the run says

  const pill = document.getElementById("pill"), fair = fairness(player.element, config.control ?? "");
  player.heard(({ settings, status, shared: link }) => {
    if (status) fair(status.unfair), rate(status);
    if (settings) paint();
    if (link) share(link, player.notice);
  });

  /** @param {import("./run.js").Status} status */
  function rate(status) {
    if (!pill) return;
    const { state, rate, people = 1 } = status, others = people > 1 ? `${people} people · ` : "";
    const running = rate ? `${others}${rate < 10 ? rate : Math.round(rate)} steps/s` : "ready";
    pill.title = shared(status);
    pill.textContent = `${config.device} · ${state === "running" ? running : state}`;
  }

  function arrived() {
    turned.arrived();
    document.documentElement.classList.add("ready");
    gradio.follow(paint);
    arriving(() => (chosen.offer(), paint()));
    chosen.offer();
    known.offer();
  }

  const place = document.getElementById("player"), heading = place.querySelector(".heading");
  if (heading) player.element.querySelector(".fold").prepend(heading);
  drawings(player, fields, known.table, chosen);
  const stages = async (field) => (await known.table(chosen.network(field))).groups[0][1];
  if (!config.small) lecture(player.element.querySelector(".fold"), { player, config, stages });
  turning(player);
  charts(player);
  begin(player, config, pair);
  place.replaceChildren(player.element);
  const sources = document.querySelector(".sources");
  if (sources) player.element.querySelector(".jumps").insertAdjacentHTML("beforeend", '<a href="#sources">Where it comes from</a>');
  const around = { arrived, values: gradio.values, twin: pair?.twin ?? null, survival: measured };
  return /** @type {any} */ (Object.freeze(Object.defineProperties(around, Object.getOwnPropertyDescriptors(player))));
}

/** Controls of ours come with Gradio's, one after the other. @param {() => void} act whenever there are more */
function arriving(act) {
  let count = 0;
  const seen = new MutationObserver(() => {
    const now = document.querySelectorAll("[data-field], [data-pad], [data-latent], [data-pictures]").length;
    if (count !== (count = now)) act();
  });
  seen.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => seen.disconnect(), ARRIVING);
}

/** One more choice for a setting. @param {string} field @param {string} value @param {string} text */
function option(field, value, text) {
  for (const select of /** @type {NodeListOf<HTMLSelectElement>} */ (document.querySelectorAll(`select[data-field="${field}"]`))) {
    if (![...select.options].some((one) => one.value === value)) select.add(new Option(text, value));
  }
}

async function share({ link, copyable }, notice) {
  if (!copyable) {
    return notice("A link cannot carry this run: it starts from a picture of yours, or was steered much. Save it instead; the PNG carries everything.");
  }
  const address = `${location.origin}${location.pathname}?r=${link}`;
  history.replaceState(null, "", address);
  try {
    await navigator.clipboard.writeText(address);
    notice("Link copied. It plays this run again, to this step.");
  } catch {
    notice("The link is in the address bar: it plays this run again, to this step.");
  }
}
