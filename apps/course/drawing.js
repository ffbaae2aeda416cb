/** Shows an SVG of core.figures, and nothing that a visitor could have written. */
export default function ({ parentElement, data }) {
  parentElement.querySelector("div").innerHTML = data;
}
