/** A lesson: its steps in order, wherever in the lab each of them is; and the notes on a second window. */

const CHANNEL = "ascent-lesson"; // between the page that a class sees and the notes, on one computer

/**
 * @typedef {object} Lesson
 * @property {string} name
 * @property {string} title
 * @property {{address: string, sentence: string}[]} steps
 */

/** The lesson that an address is a step of, and where in it; null if none. @param {string} search */
export function asked(search) {
  const query = new URLSearchParams(search), name = query.get("lesson"), at = Number(query.get("at") ?? 1) - 1;
  return name && Number.isInteger(at) && at >= 0 ? { name, at } : null;
}

/** @param {string} name @returns {Promise<Lesson>} */
export async function fetched(name) {
  const answer = await fetch(`/lessons/${encodeURIComponent(name)}.json`), said = await answer.json();
  if (!answer.ok) throw new Error(said.sentence);
  return said;
}

/**
 * Walk a lesson. `stay(address)`: whether this page itself can show it, which it then does.
 * @param {string} search the page's own address
 * @param {(address: URL) => boolean} stay
 * @param {(at: number, lesson: Lesson) => void} shown
 */
export async function walk(search, stay, shown) {
  const where = asked(search);
  if (!where) return null;
  const lesson = await fetched(where.name), channel = new BroadcastChannel(CHANNEL);
  let at = Math.min(where.at, lesson.steps.length - 1);

  function tell() {
    channel.postMessage({ lesson: lesson.name, at });
    shown(at, lesson);
  }

  /** @param {number} to */
  function go(to) {
    if (to < 0 || to >= lesson.steps.length) return;
    const address = new URL(lesson.steps[to].address, location.origin);
    if (!stay(address)) return void (location.href = address.href);
    at = to;
    history.replaceState(null, "", address);
    tell();
  }

  channel.onmessage = ({ data }) => {
    if (data.lesson !== lesson.name) return;
    if ("go" in data) go(data.go);
    if (data.where) tell();
  };
  tell();
  return { name: lesson.name, back: () => go(at - 1), forward: () => go(at + 1) };
}

/** The notes follow, and lead. @param {string} name @param {(at: number) => void} follow */
export function beside(name, follow) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => data.lesson === name && "at" in data && follow(data.at);
  channel.postMessage({ lesson: name, where: true });
  return (at) => channel.postMessage({ lesson: name, go: at });
}
