// Runs before anything is drawn: light or dark, as chosen here, else as the system has it.
(() => {
  if (new URLSearchParams(location.search).get("lecture") === "1") document.documentElement.classList.add("lecture");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  window.paintTheme = () => {
    const theme = localStorage.getItem("theme") ?? (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = theme;
    document.body?.classList.toggle("dark", theme === "dark"); // Gradio's own switch
    const button = document.getElementById("theme");
    if (button) button.textContent = theme === "dark" ? "Light" : "Dark";
  };
  dark.addEventListener("change", window.paintTheme);
  document.addEventListener("click", ({ target }) => {
    if (!/** @type {Element} */ (target).closest?.("#theme")) return;
    localStorage.setItem("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    window.paintTheme();
  });
  addEventListener("DOMContentLoaded", () => {
    window.paintTheme();
    const keep = () => {
      const wanted = document.documentElement.dataset.theme === "dark";
      if (document.body.classList.contains("dark") !== wanted) window.paintTheme();
    };
    new MutationObserver(keep).observe(document.body, { attributeFilter: ["class"] });
  });
  window.paintTheme();
})();
