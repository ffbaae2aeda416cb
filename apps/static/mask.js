/** Where the picture may change, painted over the picture itself: brush, eraser, size. */

const SIDE = 384; // px of the longer side of a painted mask
const WAIT = 350; // ms after a stroke until it is sent

/** `put(file, field)` sends a picture and starts again with it. */
export function painting(player, put) {
  const frame = player.element.querySelector(".frame");
  const shown = player.element.querySelector("canvas.picture");
  const veil = document.createElement("canvas"); // dims what stays as it is
  veil.className = "veil";
  veil.hidden = true;
  veil.setAttribute("role", "img");
  veil.setAttribute("aria-label", "The mask: paint where the picture may dream");
  const mask = document.createElement("canvas"); // opaque where the picture may change
  const ink = mask.getContext("2d", { willReadFrequently: true });
  const tools = document.createElement("p");
  tools.className = "painting";
  tools.hidden = true;
  tools.innerHTML = `
    <button type="button" data-mask="brush">Brush</button><button type="button" data-mask="eraser">Eraser</button>
    <label>Size <input type="range" min="3" max="40" value="14" aria-label="Size of the brush"></label>
    <button type="button" data-mask="clear">Clear</button><button type="button" data-mask="done">Done</button>`;
  frame.append(veil);
  frame.after(tools);
  let field = "", erasing = false, at = null, sending = 0;

  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const hit = target.closest?.("[data-mask]");
    if (hit) DOES[hit.dataset.mask](hit);
    else if (field && target.closest("[data-picture]")) show("");
  });
  player.heard(({ preset }) => field && preset >= 0 && show(""));
  const DOES = {
    paint: (button) => show(field ? "" : button.dataset.field),
    brush: () => take(false), eraser: () => take(true), clear, done: () => show(""),
  };

  /** Paint the mask of this setting, or none. */
  function show(name) {
    field = name;
    veil.hidden = tools.hidden = !field;
    for (const button of document.querySelectorAll("[data-mask=paint]")) button.setAttribute("aria-pressed", Boolean(field));
    if (!field) return;
    fitted();
    begun();
    take(false);
    frame.scrollIntoView({ block: "nearest" });
  }

  function take(eraser) {
    erasing = eraser;
    tools.querySelector("[data-mask=brush]").setAttribute("aria-pressed", !eraser);
    tools.querySelector("[data-mask=eraser]").setAttribute("aria-pressed", eraser);
  }

  /** As large as the picture is, in its shape. */
  function fitted() {
    const scale = SIDE / Math.max(shown.width, shown.height);
    for (const canvas of [mask, veil]) {
      canvas.width = Math.max(16, Math.round(shown.width * scale));
      canvas.height = Math.max(16, Math.round(shown.height * scale));
    }
  }

  /** Go on from the mask of now; from everywhere, begin with nothing. */
  function begun() {
    const thumb = document.querySelector(`[data-pictures="${field}"] [aria-pressed=true] img`);
    if (thumb) {
      ink.drawImage(thumb, 0, 0, mask.width, mask.height);
      const pixels = ink.getImageData(0, 0, mask.width, mask.height);
      for (let i = 0; i < pixels.data.length; i += 4) { // white becomes opaque
        pixels.data[i + 3] = pixels.data[i];
        pixels.data.fill(255, i, i + 3);
      }
      ink.putImageData(pixels, 0, 0);
    }
    paint();
  }

  function paint() {
    const over = veil.getContext("2d");
    over.globalCompositeOperation = "copy";
    over.fillStyle = "rgb(16 17 19 / 0.62)";
    over.fillRect(0, 0, veil.width, veil.height);
    over.globalCompositeOperation = "destination-out";
    over.drawImage(mask, 0, 0);
  }

  function clear() {
    ink.clearRect(0, 0, mask.width, mask.height);
    paint();
  }

  const place = (event) => {
    const box = veil.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * mask.width, (event.clientY - box.top) / box.height * mask.height];
  };

  function stroke(to) {
    const size = +tools.querySelector("input").value / 100 * Math.max(mask.width, mask.height);
    ink.globalCompositeOperation = erasing ? "destination-out" : "source-over";
    ink.strokeStyle = "#fff";
    ink.filter = "blur(2px)"; // a soft edge: no seam
    ink.lineCap = ink.lineJoin = "round";
    ink.lineWidth = size;
    ink.beginPath();
    ink.moveTo(at[0], at[1]);
    ink.lineTo(to[0] + 0.01, to[1]);
    ink.stroke();
    ink.filter = "none";
    ink.globalCompositeOperation = "source-over";
    at = to;
    paint();
  }

  veil.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    veil.setPointerCapture(event.pointerId);
    clearTimeout(sending);
    at = place(event);
    stroke(at);
  });
  veil.addEventListener("pointermove", (event) => {
    if (at) for (const one of event.getCoalescedEvents?.() ?? [event]) stroke(place(one));
  });
  for (const type of ["pointerup", "pointercancel"]) {
    veil.addEventListener(type, () => {
      if (!at) return;
      at = null;
      sending = setTimeout(send, WAIT);
    });
  }

  async function send() {
    if (!field) return;
    const sent = field;
    const whole = document.createElement("canvas");
    [whole.width, whole.height] = [mask.width, mask.height];
    const flat = whole.getContext("2d");
    flat.fillRect(0, 0, whole.width, whole.height);
    flat.drawImage(mask, 0, 0);
    const some = flat.getImageData(0, 0, whole.width, whole.height).data.some((v, i) => i % 4 < 3 && v > 1);
    if (!some) return player.notice("The mask is empty: paint where the picture may dream.");
    whole.toBlob((blob) => put(blob, sent), "image/png");
  }
}
