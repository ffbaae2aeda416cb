/** How robust a network is: a slider beside the choice of a robust twin, its strength in the name. */

const AT = /^(\w+-robust)(?:@(.+))?$/;

/** Show the choice for a network of this name; `choose(name)` is asked for another strength. */
export function robustness(select, name, choose) {
  const [, base, strength = "1"] = AT.exec(name) ?? [];
  let slider = select.parentElement.querySelector(".strength");
  if (!base) return slider?.remove();
  const option = [...select.options].find(({ value }) => AT.exec(value)?.[1] === base);
  if (option) option.value = name;
  slider ??= made(select);
  const input = slider.querySelector("input"), said = slider.querySelector("output");
  input.oninput = () => (said.textContent = input.value);
  input.onchange = () => choose(+input.value === 1 ? base : `${base}@${input.value}`);
  if (input !== document.activeElement) input.value = strength;
  said.textContent = input.value;
}

function made(select) {
  const slider = document.createElement("label");
  slider.className = "strength";
  slider.title = "0: the network that it comes from; 1: the whole twin. Starts again.";
  slider.innerHTML = 'robustness <input type="range" min="0" max="1" step="0.05"><output></output>';
  select.after(slider);
  return slider;
}
