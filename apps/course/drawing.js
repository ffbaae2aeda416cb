/** Shows an SVG of core.figures, and nothing that a visitor could have written. */
export default function ({ parentElement, data }) {
  let box = parentElement.querySelector(".drawing");
  if (!box) {
    box = document.createElement("div");
    box.className = "drawing";
    parentElement.append(box);
  }
  box.innerHTML = data;
}
