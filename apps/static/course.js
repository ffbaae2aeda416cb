// Runs before Streamlit: what it asks the system about light and dark, the lab answers.
// And it need not try where it is mounted: under /course, on whatever page it was opened.
(() => {
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
})();
