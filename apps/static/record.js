/** The link of a run as the stage writes it (core/records.py), of what a page has kept: the stage has no such run any more. */

const SHAREABLE = 2048; // characters of a link that is copied rather than saved
const UPLOAD = /^upload-[0-9a-f]{12}$/; // a picture that a visitor brought: no link carries it

/**
 * @param {import("./kept.js").Message} message
 * @param {Record<string, any>} wished what the run was not told any more
 * @returns {Promise<{link: string, copyable: boolean}>}
 */
export async function packed({ record, branches, now }, wished) {
  const tape = rows(new Map(branches.map((one) => [one.branch, one])), now).filter(([step]) => step <= record.step);
  if (Object.keys(wished).length) tape.push([record.step, wished]);
  const stream = new Blob([JSON.stringify({ ...record, tape })]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const link = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return { link, copyable: link.length <= SHAREABLE && !Object.values(record.settings).some((value) => UPLOAD.test(value)) };
}

/**
 * All that steers a branch, from the first step.
 * @param {Map<number, import("./kept.js").Branch>} all
 * @param {number} now
 */
function rows(all, now) {
  /** @type {import("./kept.js").Row[]} */
  let found = [];
  let last = Infinity;
  for (let one = all.get(now); one; last = Math.min(last, one.leaves), one = all.get(one.parent)) {
    const until = last;
    found = [...one.tape.filter(([step]) => step <= until), ...found];
  }
  return found;
}
