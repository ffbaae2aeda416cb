/** Keeping what a run has found: its picture goes into the gallery, with all that can be checked again. */

/** A button at the end of `place`; label() is the class of the elite that is meant, where there are elites. */
export function keeping(lab, place, label = () => -1) {
  place.insertAdjacentHTML("beforeend", '<button type="button" class="keep">Keep in the gallery</button> <span class="kept" role="status"></span>');
  const button = place.querySelector(".keep"), said = place.querySelector(".kept");
  button.addEventListener("click", async () => {
    if (!lab.run) return;
    button.disabled = true;
    said.textContent = "Checking…";
    try {
      const query = new URLSearchParams({ run: lab.run, token: lab.token(), label: label() });
      const answer = await fetch(`/gallery/run?${query}`, { method: "POST" });
      answer.headers.get("content-type") === "image/png" ? save(await answer.blob()) : tell(await answer.json());
    } catch { said.textContent = "The lab did not answer: try again."; }
    button.disabled = false;
  });

  function tell({ refused, sentence = refused }) {
    said.textContent = sentence ?? "Kept: ";
    if (!sentence) said.insertAdjacentHTML("beforeend", '<a href="/app/gallery/">it is in the gallery</a>');
  }

  /** A public lab keeps nothing: the PNG goes to the visitor. */
  function save(file) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `${lab.config.probe}-kept.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    said.innerHTML = 'Saved to your computer, as this lab is public: <a href="/app/gallery/">drop it on the gallery</a>';
  }
  return button;
}

export function extension(lab) {
  const place = document.createElement("p");
  place.className = "keeping";
  lab.element.querySelector(".claim").after(place);
  keeping(lab, place);
}
