/** Pictures that a visitor brings: chosen, dropped or pasted; or a saved one, which brings its run back. */

/** bring(file, field): whatever it is; put(file, field): as a picture, whatever is inside. */
export function bringing(lab, config, fields, remember) {
  async function bring(file, field) {
    if (!file) return;
    if (file.name.endsWith(".safetensors")) return lab.takes ? lab.takes(file) : lab.notice("This page takes no weights: bring a painter to the page Painter.");
    if (file.type === "image/png") { // perhaps one that was saved here
      const answer = await fetch("/open", { method: "POST", body: file });
      if (answer.ok) return reopen(await answer.json());
    }
    put(file, field);
  }

  async function put(file, field) {
    const answer = await fetch("/pictures", { method: "POST", body: file });
    const said = await answer.json();
    if (!answer.ok) return lab.notice(said.sentence);
    if (config.landing) return (location.href = `/app/dream/?picture=${said.name}`);
    const row = document.querySelector(`[data-pictures="${field}"]`);
    if (row && !row.querySelector(`[data-picture="${said.name}"]`)) {
      row.querySelector(".painted")?.remove(); // a mask goes on from its last stroke
      const thumb = document.createElement("button");
      thumb.type = "button";
      thumb.className = file.name ? "thumb" : "thumb painted";
      thumb.dataset.picture = said.name;
      thumb.innerHTML = `<img alt='your ${field}'>`;
      thumb.firstElementChild.src = URL.createObjectURL(file);
      row.prepend(thumb);
    }
    lab.again({ [field]: said.name });
  }

  function reopen({ link, probe }) {
    if (probe === config.probe && !config.landing) return lab.open({ link });
    remember("open", link);
    location.href = `/app/${probe}/`;
  }

  const first = config.landing ? "picture" : Object.values(fields).find(({ kind }) => kind === "Picture")?.name;
  if (first) {
    const over = (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      document.body.classList.toggle("dropping", event.type === "dragover");
      if (event.type === "drop") bring(event.dataTransfer.files[0], first);
    };
    for (const type of ["dragover", "dragleave", "drop"]) addEventListener(type, over, true);
    addEventListener("paste", (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      if (file) bring(file, first);
    });
  }
  return { bring, put };
}
