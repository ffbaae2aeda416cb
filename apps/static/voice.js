/** What the player says: to read in a box, and for who cannot see. */

const READING = 60; // ms a character

export function voice(box, spoken) {
  let spokenAt = 0, noticed = 0, said = "", timer = 0;

  /** For who cannot see: at most once a second, and only what is new. */
  function say(words) {
    if (words === said) return;
    said = words;
    clearTimeout(timer);
    timer = setTimeout(() => {
      spokenAt = performance.now();
      spoken.textContent = words;
    }, Math.max(0, spokenAt + 1000 - performance.now()));
  }

  box.innerHTML = '<span></span><button type="button" class="shut" aria-label="Dismiss" title="Dismiss">×</button>';
  const [words, shut] = box.children;
  shut.addEventListener("click", () => (box.hidden = true));

  /** Something to read: it stays until it is closed, or until the visitor does something else. */
  function notice(text) {
    const more = performance.now() - noticed < 1500 && !box.hidden;
    if (more && words.textContent.includes(text)) return;
    words.textContent = more ? `${words.textContent} ${text}` : text;
    box.hidden = false;
    noticed = performance.now();
  }

  /** Something else is going on: what has been read goes. */
  function quiet() {
    if (performance.now() - noticed > Math.max(1500, READING * box.textContent.length)) box.hidden = true;
  }

  return { notice, quiet, say };
}
