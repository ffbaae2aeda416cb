/** The gallery: every picture is shown, and what it claims is checked, one after the other. */

import { elsewhere } from "./elsewhere.js";
import { lecture } from "./lecture.js";
import { counted } from "./words.js";

const SAID = { kept: "Still fools", "no longer": "No longer", "not checkable": "Not checkable here" };
const WHO = { before: "before any change", noise: "as much random noise" };
const MARKUP = `
<figure class="shown"><img class="picture" alt=""><div class="small" hidden>
  <figure><img class="before" alt=""><figcaption>before</figcaption></figure>
  <figure><img class="difference" alt=""><figcaption>difference</figcaption></figure>
</div></figure>
<h2><span class="name">Being checked</span> <span class="sure"></span></h2>
<p class="who"></p>
<p class="verdict"></p>
<dl class="controls"></dl>
<p class="acts"><button type="button" data-do="open">Open as a run</button><a class="button" download>PNG</a><button type="button" data-do="keep" hidden>Keep</button><button type="button" data-do="remove" hidden>Remove</button></p>`;

const percent = (p) => (p > 0.9999 ? ">\u00a099.99\u00a0%" : `${(100 * p).toFixed(p < 0.995 ? 1 : 2)}\u00a0%`);

/** @param {{shipped: string[], public: boolean, verdicts: string[]}} config */
export function start(config) {
  elsewhere();
  lecture(document.querySelector("main"), { notice: (text) => say(text) });
  const $ = (id) => document.getElementById(id);
  const list = $("cards"), notice = document.querySelector(".notice");
  const cards = []; // in the order of the page

  const say = (text) => {
    notice.textContent = text;
    notice.hidden = !text;
  };

  async function asked(address, options) {
    const answer = await fetch(address, options);
    const body = await answer.json();
    if (!answer.ok || body?.refused) throw new Error(body.refused ?? body.sentence);
    return body;
  }

  // a card

  /** A picture: shelf and name of one that is on the server, or a file that somebody brought. */
  function card({ shelf = "", name = "", file = null }, first = false) {
    const element = document.createElement("li");
    element.innerHTML = MARKUP;
    const one = { element, shelf, name, file, told: null };
    const address = file ? URL.createObjectURL(file) : `/gallery/${shelf}/${name}.png`;
    const part = (selector) => element.querySelector(selector);
    part(".picture").src = part("a").href = address;
    part("a").download = file?.name ?? `${name}.png`;
    part("[data-do=keep]").hidden = !file || config.public;
    part("[data-do=remove]").hidden = shelf !== "kept";
    element.addEventListener("click", ({ target }) => {
      const act = { open, keep, remove }[/** @type {HTMLElement} */ (target).dataset?.do];
      if (act) act(one).catch((error) => say(error.message));
    });
    first ? list.prepend(element) : list.append(element);
    first ? cards.unshift(one) : cards.push(one);
    return one;
  }

  const blob = async ({ file, shelf, name }) => file ?? (await fetch(`/gallery/${shelf}/${name}.png`)).blob();

  function show(one) {
    const { told, element } = one, part = (selector) => element.querySelector(selector);
    const { measured, claim } = told;
    element.dataset.verdict = told.verdict;
    part(".name").textContent = told.name || "Not known here";
    part(".sure").textContent = measured ? percent(measured.answer.claimed) : "";
    const levels = Math.round(measured?.most ?? 0);
    const far = levels ? `no value moved by more than ${levels} of 255 level${levels > 1 ? "s" : ""}` : "";
    part(".who").textContent = `to ${told.title}, at ${told.side} px. ${[told.how, far].filter(Boolean).join("; ")}${told.how ? "." : ""}`;
    part(".verdict").innerHTML = "<b></b> <span></span>";
    part(".verdict b").textContent = `${SAID[told.verdict]}.`;
    part(".verdict span").textContent = told.sentence.replace(/^(No longer|Not checkable here): (.)/, (_, __, letter) => letter.toUpperCase());
    part(".picture").alt = `A picture that ${told.title} calls ${told.name}`;
    part(".picture").classList.toggle("few", told.side < 100);
    part(".small").hidden = !told.before;
    element.classList.toggle("alone", !told.before);
    if (told.before) {
      part(".before").src = told.before;
      part(".difference").src = told.difference;
      part(".before").alt = "The picture before it was changed";
      part(".difference").alt = "What was changed, magnified";
      for (const image of element.querySelectorAll(".small img")) image.classList.toggle("few", told.side < 100);
    }
    part(".controls").replaceChildren(...(measured?.controls ?? []).map((answer) => {
      const row = document.createElement("div");
      row.innerHTML = "<dt></dt><dd></dd>";
      row.firstChild.textContent = WHO[answer.who] ?? `${answer.who}, not asked`;
      row.lastChild.textContent = `${answer.name} ${percent(answer.sure)}`;
      row.classList.toggle("same", answer.label === measured.answer.label);
      return row;
    }));
  }

  function failed(one, sentence) {
    one.element.dataset.verdict = "not checkable";
    one.element.querySelector(".name").textContent = "Unknown";
    one.element.querySelector(".verdict").textContent = sentence;
    one.told = { verdict: "not checkable", title: "" };
  }

  // what is done with one

  /** Its page finds the run in the session, as it does with a PNG that is dropped there. */
  async function open(one) {
    const { link, probe } = await asked("/open", { method: "POST", body: await blob(one) });
    try {
      sessionStorage.setItem("open", JSON.stringify(link));
      if (one.told?.claim?.label != null) sessionStorage.setItem("elite", one.told.claim.label);
    } catch { return void (location.href = `/app/${probe}/?r=${link}`); }
    location.href = `/app/${probe}/`;
  }

  async function keep(one) {
    const { name } = await asked("/gallery/keep", { method: "POST", body: await blob(one) });
    Object.assign(one, { shelf: "kept", name });
    one.element.querySelector("[data-do=keep]").hidden = true;
    const remove = one.element.querySelector("[data-do=remove]");
    remove.hidden = false;
    remove.focus();
    say("Kept on this computer: it is here again when you come back.");
  }

  async function remove(one) {
    await asked(`/gallery/kept/${one.name}`, { method: "DELETE" });
    const next = one.element.nextElementSibling ?? one.element.previousElementSibling;
    cards.splice(cards.indexOf(one), 1);
    one.element.remove();
    next?.querySelector("[data-do=open]").focus();
    say("Removed.");
    count();
  }

  // checking

  let waiting = [], busy = false;
  function check(...ones) {
    waiting.push(...ones);
    if (!busy) next();
  }

  async function next() {
    const one = waiting.shift();
    busy = Boolean(one);
    if (!one) return count();
    $("count").textContent = "Checking…";
    try {
      one.told = one.file
        ? await asked("/gallery/check", { method: "POST", body: one.file })
        : await asked(`/gallery/${one.shelf}/${one.name}.json`);
      show(one);
    } catch (error) {
      if (one.file) {
        cards.splice(cards.indexOf(one), 1);
        one.element.remove();
        say(`${one.file.name}: ${error.message}`);
      } else failed(one, error.message);
    }
    filter();
    next();
  }

  function count() {
    const of = (verdict) => cards.filter(({ told }) => told?.verdict === verdict).length;
    const said = { kept: "still fool", "no longer": "no longer", "not checkable": "not checkable here" };
    $("count").textContent = `${cards.length} ${counted(cards.length, "pictures")}: ${config.verdicts.map((v) => `${of(v)} ${said[v]}`).join(", ")}`;
    const titles = [...new Set(cards.map(({ told }) => told?.title).filter(Boolean))];
    const chosen = $("which").value;
    $("which").replaceChildren(new Option("all", ""), ...config.verdicts.filter(of).map((v) => new Option(said[v], v)),
      ...titles.map((title) => new Option(title, title)));
    $("which").value = [...$("which").options].some(({ value }) => value === chosen) ? chosen : "";
    filter();
  }

  function filter() {
    const wanted = $("which").value;
    for (const { element, told } of cards) element.hidden = Boolean(wanted && told && ![told.verdict, told.title].includes(wanted));
  }
  $("which").addEventListener("change", filter);

  // what somebody brings

  function bring(files) {
    say("");
    const found = [...files].filter(({ type }) => type === "image/png");
    if (found.length < files.length) say("The gallery takes PNGs that the lab has saved: other files say nothing of themselves.");
    check(...found.reverse().map((file) => card({ file }, true)));
  }
  $("bring").addEventListener("change", ({ target }) => {
    bring(target.files);
    target.value = "";
  });
  const over = (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", event.type === "dragover");
    if (event.type === "drop") bring(event.dataTransfer.files);
  };
  for (const type of ["dragover", "dragleave", "drop"]) addEventListener(type, over, true);
  addEventListener("paste", ({ clipboardData }) => clipboardData?.files.length && bring(clipboardData.files));

  const shipped = config.shipped.map((name) => card({ shelf: "shipped", name }));
  asked("/gallery/list.json").then(({ kept }) => {
    check(...kept.toReversed().map((name) => card({ shelf: "kept", name }, true)), ...shipped);
  }, (error) => say(error.message));
}
