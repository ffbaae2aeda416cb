/** The program for the picture of now, with all that steered it. */

const REST = 400, AGAIN = 3000; // ms after the last change; from one program of a moving run to the next

/** @param {import("./player.js").Player} player */
export function coding(player) {
  let timer = 0, written = { step: -2, at: 0 };

  /** A moment after the last change, where somebody sees it. */
  function write() {
    if (!document.getElementById("code")?.checkVisibility()) return;
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      if (player.step < 0) return write();
      const { link } = await player.record();
      const answer = await fetch(`/code?r=${link}`).catch(() => null); // no connection: it is asked again
      const panel = document.getElementById("code");
      if (answer?.ok && panel) panel.textContent = await answer.text();
    }, REST);
  }

  document.addEventListener("click", async ({ target }) => {
    if (!/** @type {Element} */ (target).closest?.("#copy-code")) return;
    try {
      await navigator.clipboard.writeText(document.getElementById("code").textContent);
      player.notice("The program is copied.");
    } catch {
      getSelection().selectAllChildren(document.getElementById("code"));
      player.notice("This browser did not let the page copy: the program is selected, press Ctrl+C.");
    }
  });
  player.heard(({ status }) => {
    if (!status || player.step === written.step) return;
    if (player.state === "running" && written.at + AGAIN > Date.now()) return;
    written = { step: player.step, at: Date.now() };
    write();
  });
  return { write };
}
