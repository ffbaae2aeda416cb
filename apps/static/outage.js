/** One sentence over the picture: that the connection is lost, and how the run came back. */

const READ = 9000; // ms that how it came back can be read
const BLINK = 1; // s: a shorter outage that cost nothing is not worth a sentence

const seconds = (count) => `${Math.round(count)} second${Math.round(count) === 1 ? "" : "s"}`;

/** What is said of a run that is back; empty where there is nothing to say. @param {import("./run.js").Outage} how */
export function returned({ step, seconds: count, replayed, whole }) {
  if (!replayed && count < BLINK) return "";
  const after = count ? ` after ${seconds(count)} without a connection` : "";
  const lost = whole ? "nothing is lost" : "not all of it could be kept";
  return `Back at step ${step + 1}${after}: ${replayed ? "replayed, " : ""}${lost}.`;
}

/** @param {HTMLElement} frame the picture's @param {(words: string) => void} say for who cannot see */
export function outage(frame, say) {
  frame.insertAdjacentHTML("beforeend", `<p class="outage" hidden></p>`);
  const box = /** @type {HTMLElement} */ (frame.lastElementChild);
  let timer = 0;

  /** @param {string} text */
  function show(text) {
    clearTimeout(timer);
    if (box.textContent === text) return;
    box.textContent = text;
    box.hidden = !text;
    if (text) say(text);
  }

  return {
    /** The socket is gone. @param {boolean} known whether there was a run */
    away: (known) => show(known ? "Lost the connection; trying again." : "The lab does not answer; trying again."),

    /** Where it stands while it comes back. @param {import("./run.js").Status} status */
    stands({ replays }) {
      if (box.hidden || !replays) return;
      show(`The connection is back: replaying step ${replays[0] + 1} of ${replays[1] + 1}.`);
    },

    /** The run is back, or another one is there. @param {import("./run.js").Outage | null} how */
    back(how) {
      show(how ? returned(how) : "");
      timer = window.setTimeout(show, READ, "");
    },
  };
}
