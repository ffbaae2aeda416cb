// Runs before Streamlit: what it asks the system about light and dark, the lab answers.
// And it need not try where it is mounted: under /course, on whatever page it was opened.
(() => {
  import("/static/elsewhere.js").then(({ elsewhere }) => elsewhere());
  const base = `${location.origin}/course/`;
  window.__streamlit = { BACKEND_BASE_URL: base, HOST_CONFIG_BASE_URL: base, MAIN_PAGE_BASE_URL: base };
  const ask = window.matchMedia.bind(window);
  const system = ask("(prefers-color-scheme: dark)");
  const told = new EventTarget();
  const isDark = () => document.documentElement.dataset.theme === "dark";
  const answer = Object.assign(told, {
    media: system.media, onchange: null,
    addListener: (f) => told.addEventListener("change", f),
    removeListener: (f) => told.removeEventListener("change", f),
  });
  Object.defineProperty(answer, "matches", { get: isDark });
  window.matchMedia = (query) => (/prefers-color-scheme:\s*dark/.test(query) ? answer : ask(query));
  let was = isDark();
  new MutationObserver(() => {
    if (isDark() === was) return;
    was = isDark();
    told.dispatchEvent(Object.assign(new Event("change"), { matches: was, media: answer.media }));
  }).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  // a lecture: keys press the page's own buttons; where its steps end, a lesson goes on
  const query = () => new URLSearchParams(location.search);
  const enabled = (key) => document.querySelector(`.st-key-${key} button:not(:disabled)`);
  async function walk(by) {
    const button = enabled(by > 0 ? "next" : "back");
    if (button) return button.click();
    const name = query().get("lesson"), at = Number(query().get("at") ?? 1) - 1 + by;
    if (!name) return;
    const answer = await fetch(`/lessons/${encodeURIComponent(name)}.json`);
    const step = answer.ok && (await answer.json()).steps[at];
    if (step) location.href = step.address;
  }
  const leave = () => {
    const now = query();
    ["lecture", "step", "lesson", "at"].forEach((name) => now.delete(name));
    location.search = `${now}`;
  };
  const enter = () => {
    const now = query();
    now.set("lecture", "1");
    location.search = `${now}`;
  };
  document.addEventListener("click", ({ target }) => {
    if (target.closest?.("#lecture")) query().get("lecture") === "1" ? leave() : enter();
  });
  document.addEventListener("keydown", (event) => {
    if (query().get("lecture") !== "1" || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest?.("input, textarea, [role=slider], [role=radio]")) return;
    const does = { ArrowRight: () => walk(1), PageDown: () => walk(1), ArrowLeft: () => walk(-1), PageUp: () => walk(-1), Escape: leave,
      n: () => query().get("lesson") && open(`/lessons/${query().get("lesson")}/notes`, "notes", "popup,width=520,height=760") }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  }, true);
})();
