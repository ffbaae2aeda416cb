/** The film of a run up to now: made in the background, fetched when it is ready. */

const FORMS = { mp4: "MP4", webp: "WebP", gif: "GIF" };
const ICON = "M2 3.500h12v9H2zM5.500 3.500v9M10.500 3.500v9M2 8h3.500M10.500 8H14";
const ASKED = 500; // ms from one question to the next

/** Puts *Film* into the player's bar. */
export function filming(lab) {
  const box = document.createElement("details");
  box.className = "film";
  box.innerHTML = `
    <summary title="The run up to now as a film"><svg viewBox="0 0 16 16" aria-hidden="true"><path class="outline" d="${ICON}"/></svg><span>Film</span></summary>
    <div class="menu">
      <p>The run from its start to now, as a file. It is computed again in the background; this run goes on.</p>
      <p class="forms">${Object.entries(FORMS).map(([form, text]) => `<button type="button" data-film="${form}">${text}</button>`).join("")}</p>
      <p class="making" hidden><progress max="1" value="0" aria-label="Film"></progress><span></span><button type="button" data-film="">Cancel</button></p>
    </div>`;
  lab.element.querySelector(".bar").append(box);
  const making = box.querySelector(".making"), bar = making.querySelector("progress");
  const says = making.querySelector("span"), title = box.querySelector("summary > span");
  let asking = 0;

  box.addEventListener("click", ({ target }) => {
    const form = target.closest("[data-film]")?.dataset.film;
    if (form === "") cancel();
    else if (form) make(form);
  });
  document.addEventListener("click", ({ target }) => {
    if (box.open && !box.contains(target)) box.open = false;
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") (box.open = false), box.querySelector("summary").focus();
  });

  const address = (run, token, more = "") => `/run/${run}/film${more}?token=${encodeURIComponent(token)}`;

  async function make(form) {
    const [run, token] = [lab.run, lab.token()];
    show("waiting", 0);
    const answer = await fetch(`${address(run, token)}&form=${form}`, { method: "POST" });
    if (!answer.ok) return failed((await answer.json()).sentence);
    ask(run, token, form);
  }

  function ask(run, token, form) {
    clearTimeout(asking);
    asking = setTimeout(async () => {
      if (run !== lab.run) return failed("This page has another run now: the film of the one before was dropped.");
      const answer = await fetch(address(run, token)).catch(() => null);
      if (!answer?.ok) return failed(answer ? (await answer.json()).sentence : "The connection is gone: ask for the film again.");
      const { state, done, sentence } = await answer.json();
      if (state === "failed") return failed(sentence);
      if (state === "ready") return fetched(run, token, form, sentence);
      show(sentence, done);
      ask(run, token, form);
    }, ASKED);
  }

  async function fetched(run, token, form, sentence) {
    const answer = await fetch(address(run, token, "/file"));
    if (!answer.ok) return failed((await answer.json()).sentence);
    const a = document.createElement("a");
    a.href = URL.createObjectURL(await answer.blob());
    a.download = `${lab.config.probe}-${lab.step + 1}.${form}`;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
    rest();
    if (sentence) lab.notice(sentence);
  }

  async function cancel() {
    clearTimeout(asking);
    rest();
    await fetch(address(lab.run, lab.token()), { method: "DELETE" });
  }

  function show(sentence, done) {
    making.hidden = false;
    bar.value = done;
    says.textContent = sentence;
    title.textContent = done ? `${Math.round(100 * done)} %` : "Film";
  }

  function rest() {
    making.hidden = true;
    title.textContent = "Film";
    box.open = false;
  }

  function failed(sentence) {
    rest();
    lab.notice(sentence);
  }
}
