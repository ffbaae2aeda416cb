"""Whom a picture asks, in words."""

from collections.abc import Sequence

_KINDS = {
    "unit": ("unit", "units"),
    "neuron": ("the middle neuron of channel", "middle neurons"),
    "direction": ("random direction", "random directions"),
}


def named(target: str, layer: str, number: int, labels: Sequence[str], *, several: int = 1) -> str:
    """One target by its number, or so many neighbours from it on."""
    if target == "class":
        name = labels[number % len(labels)]
        return f"{several} classes from {name} on" if several > 1 else f"the class {name}"
    if target == "layer":
        return f"the layer {layer}"
    one, many = _KINDS[target]
    if several > 1:
        return f"{several} {many} of {layer} from {number} on"
    return f"{one} {number} of {layer}"


def paired(one: str, other: str, second: str) -> str:
    """One target and another: alone, minus it, or turning into it."""
    pairs = {
        "alone": one,
        "minus": f"{one} minus {other}",
        "turning into": f"the mixtures of {one} and {other}",
    }
    return pairs[second]
