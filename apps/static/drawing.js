/** A drawing of the network at the word "layer": the layer is lit, and another can be chosen in it. */

const SIDE = 224; // px of the picture that goes in, as the drawing says it
const TALL = 92, WIDE = 30; // px of the largest block, large; the small one is the same, scaled

/**
 * @param {import("./player.js").Player} player
 * @param {Record<string, import("./page.js").Field>} fields
 * @param {(name: string) => Promise<any>} table what is in a network
 * @param {ReturnType<typeof import("./choices.js").choices>} chosen
 */
export function drawings(player, fields, table, chosen) {
  const heading = player.element.querySelector(".heading");
  const all = Object.values(fields).filter(({ kind, name }) => kind === "Layer" && heading?.querySelector(`select[data-field="${name}"]`));
  const made = all.map((field) => drawing(field));

  /** @param {import("./page.js").Field} field */
  function drawing(field) {
    const select = heading.querySelector(`select[data-field="${field.name}"]`);
    const button = document.createElement("button"), card = document.createElement("div");
    button.type = "button";
    button.className = "net";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", `Drawing of the network: ${field.label.toLowerCase()}`);
    button.title = "Where in the network this layer is";
    card.className = "net-card";
    card.hidden = true;
    select.before(button);
    heading.append(card);
    const show = (open) => {
      card.hidden = !open;
      button.setAttribute("aria-expanded", `${open}`);
    };
    button.addEventListener("click", () => show(card.hidden));
    card.addEventListener("click", ({ target }) => {
      const name = /** @type {Element} */ (target).closest("[data-layer]")?.getAttribute("data-layer");
      if (name) chosen.change(field.name, name);
    });
    document.addEventListener("click", (event) => {
      const way = event.composedPath(); // as it was at the click: what was pressed may be painted anew since
      if (!way.includes(card) && !way.includes(button)) show(false);
    });
    document.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && !card.hidden) show(false), button.focus();
    });

    let drawn = "";
    async function paint() {
      const network = chosen.network(field), now = player.settings[field.name];
      if (drawn === (drawn = `${network} ${now}`)) return;
      const info = await table(network).catch(() => null);
      button.hidden = !info?.layers?.length; // its sentence was said where it was asked for first
      if (button.hidden || drawn !== `${network} ${now}`) return;
      const [, stages] = info.groups[0], lit = within(stages, now), layers = stages.map((name) => info.layers.find((one) => one.name === name));
      button.innerHTML = small(layers, lit);
      card.innerHTML = large(layers, lit, info.layers.find((one) => one.name === now), info);
    }
    return { paint };
  }

  player.heard(({ settings }) => settings && made.forEach(({ paint }) => paint()));
}

/** The stage that a layer is in: itself, or the one whose name begins its own. */
const within = (stages, name) => stages.find((stage) => stage === name) ?? stages.findLast((stage) => name.startsWith(`${stage}.`)) ?? "";

/** As tall as the map of a layer, in octaves; as wide as it has channels. */
const tall = ({ stride }) => (stride ? TALL * Math.max(0.16, 1 - 0.16 * Math.log2(stride)) : TALL * 0.16);
const wide = ({ channels }) => Math.min(WIDE, 5 + 2.6 * Math.log2(channels));

function small(layers, lit) {
  let x = 0;
  const blocks = layers.map((layer) => {
    const [w, h] = [wide(layer) / 5, tall(layer) / 5];
    const block = `<rect x="${x.toFixed(1)}" y="${((20 - h) / 2).toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}" rx="1"${layer.name === lit ? ' class="lit"' : ""}/>`;
    x += w + 1.6;
    return block;
  });
  return `<svg viewBox="0 0 ${x.toFixed(1)} 20" width="${x.toFixed(0)}" height="20" aria-hidden="true">${blocks.join("")}</svg>`;
}

function large(layers, lit, now, { title, labels }) {
  const blocks = layers.map((layer) => `<button type="button" data-layer="${layer.name}" aria-pressed="${layer.name === lit}" title="${said(layer)}">
    <i style="width:${wide(layer)}px;height:${tall(layer).toFixed(0)}px"></i><span>${layer.name.replace(/^blocks\./, "")}</span></button>`);
  return `<p>The picture goes into ${title} at the left, its answer for ${labels.length.toLocaleString("en")} classes comes out at the right. Each block is a layer: as tall as its
    map is fine, as wide as it has units. Press one to choose it.</p>
    <div class="blocks">${blocks.join("")}</div><p class="now">${now ? said(now) : ""}</p>`;
}

function said({ name, channels, stride, sees }) {
  const map = stride ? `, each a map of ${Math.round(SIDE / stride)} × ${Math.round(SIDE / stride)} for a picture of ${SIDE} px` : "";
  return `${name} has ${channels} units (channels)${map}${sees ? `; one place of a map sees ${sees} px of the picture` : ""}.`;
}
