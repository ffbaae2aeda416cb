/** Gradio's widgets: what they show follows the run. */

/**
 * @param {import("./player.js").Player} player
 * @param {import("./page.js").Config} config
 * @param {Record<string, import("./page.js").Field>} fields
 */
export function widgets(player, config, fields) {
  let bridged = "", timer = 0;

  /** What they show at the right, how far they are filled, their help. */
  function dress() {
    for (const field of Object.values(fields)) {
      const block = document.getElementById(`set-${field.name}`);
      if (!block) continue;
      if (field.help && !block.title) help(block, field.help);
      /** @type {HTMLInputElement | null} */
      const range = block.querySelector("input[type=range]");
      if (!range) continue;
      const value = player.settings[field.name], text = `${plain(value)}${field.unit ? ` ${field.unit}` : ""}`;
      const word = field.zero && value === 0;
      range.setAttribute("aria-valuetext", word ? field.zero : text);
      /** @type {HTMLElement | null} */
      const box = block.querySelector(".tab-like-container");
      if (box) box.dataset.unit = word ? field.zero : field.log ? text : field.unit ?? "";
      block.classList.toggle("word", Boolean(word));
      const at = field.log ? Math.log(value / field.low) / Math.log(field.high / field.low)
        : (value - field.low) / (field.high - field.low);
      range.style.setProperty("--played", `${at}`);
    }
  }

  function help(block, words) {
    block.title = words;
    if (!block.closest("#tab-settings")) return;
    const made = document.createElement("small");
    made.className = "help";
    made.textContent = words;
    block.append(made);
  }

  /** The values of all of them, in their order; one that somebody is at keeps its own. @param {any[]} now */
  const values = (now) => config.widgets.map((name, i) => {
    if (document.getElementById(`set-${name}`)?.contains(document.activeElement)) return now[i];
    const value = player.settings[name];
    return fields[name].log ? Math.log10(value) : value;
  });

  /** A hidden button of Gradio's asks for them. */
  function bridge() {
    const wanted = JSON.stringify(config.widgets.map((name) => player.settings[name]));
    const button = document.getElementById("bridge");
    if (!button || wanted === bridged) return;
    bridged = wanted;
    clearTimeout(timer);
    timer = window.setTimeout(() => button.click(), 60);
  }

  function paint() {
    dress();
    bridge();
  }

  /** Paint until all are there: they arrive one after the other. @param {() => void} paint */
  function follow(paint) {
    const since = performance.now();
    const there = () => config.widgets.every((name) => document.getElementById(`set-${name}`));
    (function again() {
      bridged = "";
      paint();
      if (!there() && performance.now() < since + 10_000) setTimeout(again, 100);
    })();
  }

  return { follow, paint, values };
}

const plain = (value) => +(+value).toPrecision(4);
