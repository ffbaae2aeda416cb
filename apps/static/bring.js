/** Pictures that a visitor brings: chosen, dropped or pasted; or a saved one, which brings its run back. */

import { remember } from "./begin.js";
import { uploads } from "./uploads.js";

/**
 * bring(file, field): whatever it is; put(file, field): as a picture, whatever is inside.
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Config} config
 * @param {Record<string, import("./page.js").Field>} fields
 */
export function bringing(player, config, fields) {
  let taken = (file) => player.notice("This page takes no weights: bring a painter to the page Painter.");

  async function bring(file, field) {
    if (!file) return;
    if (file.name.endsWith(".safetensors")) return taken(file);
    if (file.type === "image/png") { // perhaps one that was saved here
      const answer = await fetch("/open", { method: "POST", body: file });
      if (answer.ok) return reopen(await answer.json());
    }
    if (field) return put(file, field);
    player.notice("This page starts from no picture: drop a PNG that was saved here, and its run comes back.");
  }

  async function put(file, field) {
    const answer = await fetch("/pictures", { method: "POST", body: file });
    const said = await answer.json();
    if (!answer.ok) return player.notice(said.sentence);
    uploads.keep(said.name, "/pictures", file);
    if (config.landing) return (location.href = `/app/dream/?picture=${said.name}`);
    const row = document.querySelector(`[data-pictures="${field}"]`);
    if (row && !row.querySelector(`[data-picture="${said.name}"]`)) {
      row.querySelector(".painted")?.remove(); // a mask goes on from its last stroke
      const thumb = document.createElement("button");
      thumb.type = "button";
      thumb.className = file.name ? "thumb" : "thumb painted";
      thumb.dataset.picture = said.name;
      thumb.innerHTML = `<img alt='your ${field}'>`;
      thumb.querySelector("img").src = URL.createObjectURL(file);
      row.prepend(thumb);
    }
    player.again({ [field]: said.name });
  }

  function reopen({ link, probe }) {
    if (probe === config.probe && !config.landing) return player.open({ link });
    remember("open", link);
    location.href = `/app/${probe}/`;
  }

  const first = config.landing ? "picture" : Object.values(fields).find(({ kind }) => kind === "Picture")?.name;
  if (!first) document.body.dataset.dropping = "Drop a saved PNG: its run comes back";
  const over = (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", event.type === "dragover");
    if (event.type === "drop") bring(event.dataTransfer.files[0], first);
  };
  for (const type of ["dragover", "dragleave", "drop"]) addEventListener(type, over, true);
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (file) bring(file, first);
  });
  document.addEventListener("change", (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    if (!target.matches?.("input[type=file][data-bring]")) return;
    bring(target.files[0], target.dataset.bring);
    target.value = "";
  });

  /** The names that are offered for a setting. @param {string} field */
  const pictures = (field) => [...document.querySelectorAll(`[data-pictures="${field}"] [data-picture]`)]
    .map((one) => /** @type {HTMLElement} */ (one).dataset.picture);
  return { bring, put, pictures, takes: (take) => void (taken = take) };
}
