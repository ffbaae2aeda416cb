/** Pictures: a bitmap onto a canvas, in its own size. */

const FINEST = 8; // times the size, where marks lie on it

const reader = (type) => async (data, from) =>
  createImageBitmap(new Blob([new Uint8Array(data, from)], { type }));

/** Where marks lie on it, a small picture gets as many pixels as are seen: their lines stay fine. */
function draw(canvas, bitmap, { under = false } = {}) {
  const seen = under ? Math.ceil((canvas.clientWidth * devicePixelRatio) / bitmap.width) : 1;
  const times = Math.max(1, Math.min(FINEST, seen));
  const [width, height] = [bitmap.width * times, bitmap.height * times];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").drawImage(bitmap, 0, 0, width, height);
}

const free = (bitmap) => bitmap.close();
const shape = (bitmap) => bitmap.width / bitmap.height;

/** @type {import("./drawers.js").Drawer} what is sent while it moves */
export const jpeg = { exact: false, read: reader("image/jpeg"), draw, free, shape };
/** @type {import("./drawers.js").Drawer} what is sent at rest */
export const png = { exact: true, read: reader("image/png"), draw, free, shape };
