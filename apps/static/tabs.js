/** The tabs of the panel. All of their widgets are there from the start: they follow the run unseen. */

/**
 * @param {HTMLElement | null} panel
 * @param {() => void} turned another tab is open
 * @returns {{arrived: () => void}}
 */
export function tabs(panel, turned) {
  /** @type {HTMLElement[]} */
  const all = [...(panel?.querySelectorAll("[role=tab]") ?? [])];

  /** @param {HTMLElement} tab */
  function turn(tab) {
    panel.dataset.tab = tab.dataset.tab;
    for (const one of all) {
      one.setAttribute("aria-selected", `${one === tab}`);
      one.tabIndex = one === tab ? 0 : -1;
    }
    turned();
  }

  for (const [i, tab] of all.entries()) {
    tab.addEventListener("click", () => turn(tab));
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const next = all[(i + by + all.length) % all.length];
      turn(next);
      next.focus();
    });
  }
  if (all.length) turn(all[0]);

  /** What they open has come: Gradio gives a column no role. */
  function arrived() {
    for (const tab of all) {
      const opens = document.getElementById(tab.getAttribute("aria-controls"));
      opens?.setAttribute("role", "tabpanel");
      opens?.setAttribute("aria-labelledby", tab.id);
    }
  }
  return { arrived };
}
