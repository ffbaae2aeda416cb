/** What a page keeps of its run: enough to play it again to where it is, wherever the run itself has gone. */

const MOST = 250_000; // characters of what is sent to come back: the stage reads 262 144

/**
 * @typedef {[number, Record<string, any>]} Row a step, and what was changed before it
 * @typedef {{branch: number, parent: number, leaves: number, kept: number, name: string, tape: Row[]}} Branch
 *   its tape has its own rows alone, after the step that it leaves its parent at
 *
 * @typedef {object} Message what opens the run again
 * @property {Record<string, any>} record as a link has it, without the tape; its step is the one that is shown
 * @property {Branch[]} branches each after its parent
 * @property {number} now the branch that is shown
 * @property {boolean} goes whether it runs
 * @property {number | null} until the step that it is to rest at
 */

/** Nothing is kept yet. */
export function keeper() {
  /** @type {Record<string, any> | null} */
  let record = null;
  /** @type {Map<number, Branch>} */
  let branches = new Map();
  let now = 1, step = -1, kept = -1, goes = true;
  /** @type {number | null} */
  let until = null;
  const own = { whole: true }; // whether all branches were in the last message
  clear();

  function clear() {
    record = until = null;
    branches = new Map([[1, { branch: 1, parent: 0, leaves: -1, kept: -1, name: "", tape: [] }]]);
    [now, step, kept, goes] = [1, -1, -1, true];
  }

  /** How the run began, as its hello says. @param {{record: Record<string, any>, until: number | null} | null} [told] */
  function begun(told) {
    if (told) ({ record, until } = told);
  }

  /**
   * Rows of a branch, in place of all that it had from one on.
   * @param {{branch: number, from: number, rows: Row[]}} told
   * @returns {boolean} whether they fit: if not, some were missed
   */
  function tape({ branch: number, from, rows }) {
    const branch = branches.get(number);
    if (!branch || from > branch.tape.length) return false;
    if (from > 0) until = null; // a hand has steered it: it rests nowhere by itself
    branch.tape = [...branch.tape.slice(0, from), ...rows];
    return true;
  }

  /** The branches as the stage tells of them. @param {{now: number, all: Omit<Branch, "tape">[]}} told */
  function tree(told) {
    branches = new Map(told.all.map((one) => [one.branch, { ...one, tape: branches.get(one.branch)?.tape ?? [] }]));
    if (now !== told.now) kept = branches.get(told.now)?.kept ?? -1;
    now = told.now;
  }

  /** This step is shown. @param {number} at */
  function shown(at) {
    step = at;
    kept = Math.max(kept, at);
  }

  /** @param {import("./run.js").Status} status */
  function stands({ state, kept: last, replays }) {
    if (state === "loading") return; // it knows nothing yet
    goes = state !== "paused";
    if (!replays) kept = Math.max(last ?? -1, step);
  }

  /** Where a page that returns to its run was; nothing before the first step. */
  const place = () => (step < 0 ? {} : { step, furthest: kept });

  /** What opens the run again; null if it cannot be kept. @returns {Message | null} */
  function message() {
    if (!record) return null;
    const all = new Map([...branches].map(([number, one]) => [number, number === now ? { ...one, kept } : one]));
    const made = () => ({ record: { ...record, step }, branches: [...all.values()], now, goes, until });
    while (JSON.stringify(made()).length > MOST) {
      const longest = loose(all, now).sort((a, b) => a.tape.length - b.tape.length).at(-1);
      if (!longest) return null;
      all.delete(longest.branch);
    }
    own.whole = all.size === branches.size;
    return made();
  }

  /** What the page before this one has kept. @param {Message} before */
  function take(before) {
    clear();
    ({ record, now, goes, until } = before);
    branches = new Map(before.branches.map((one) => [one.branch, one]));
    step = before.record.step;
    kept = branches.get(now)?.kept ?? step;
  }

  return Object.assign(own, { clear, begun, tape, tree, shown, stands, place, message, take });
}

/** The branches in which no other begins, but for the one that is shown. */
function loose(all, now) {
  const parents = new Set([...all.values()].map(({ parent }) => parent));
  return [...all.values()].filter(({ branch, parent }) => parent && branch !== now && !parents.has(branch));
}
