/** Copies the address, which holds all that is set. */
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("span");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      said.textContent = "Copied";
    } catch {
      said.textContent = "Copy it from the address bar";
    }
    setTimeout(() => (said.textContent = ""), 2500);
  };
}
