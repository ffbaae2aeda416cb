"""What the numbers of a run say, in a sentence."""

from collections.abc import Mapping
from typing import Any

NOISING, SAMPLING, PRICING = range(3)  # phases
LEAST = 1e-3  # share of the variance that is said


def said(numbers: Mapping[str, Any], *, is_inverted: bool) -> str:
    """Where it stands, what the reader sees, and what it has cost."""
    left, seen = _percent(numbers["alpha_bar"]), _seen(numbers)
    if numbers["phase"] == NOISING:
        how = "Inverted" if is_inverted else "Noised"
        return f"{how}: {left} of the variance is still picture. {seen}"
    spent = f"{numbers['evaluations']:.0f} evaluation{'' if numbers['evaluations'] == 1 else 's'} of the network"
    if numbers["left"]:
        steps = "1 step" if numbers["left"] == 1 else f"{numbers['left']:.0f} steps"
        return f"{left} of the variance is picture, {steps} to go. {seen} So far {spent}."
    return f"Done after {spent}. {seen} {_worth(numbers)}".strip()


def _worth(numbers: Mapping[str, Any]) -> str:
    if "round trip" in numbers:
        return f"It came back at {numbers['round trip']:.1f} dB from the picture that was inverted."
    if "distance" in numbers:
        return (
            f"It lies {numbers['distance']:.3f} from what 1000 steps make of the same noise, in the "
            "root mean square over pixels of 0 to 1."
        )
    if "priced" in numbers:
        return f"1000 steps from the same noise, to compare: {numbers['priced']:.0%} are done."
    return ""


def _percent(share: float) -> str:
    if share < LEAST:
        return "Nothing"
    return "All" if share == 1 else f"{min(100 * share, 99):.2g} %"


def _seen(numbers: Mapping[str, Any]) -> str:
    if "dog" not in numbers:
        return ""
    animal = "a dog" if numbers["dog"] > 0.5 else "a cat"
    words = {"glasses": "glasses", "hat": "a hat"}
    worn = " and ".join(word for name, word in words.items() if numbers[name] > 0.5)
    sure = max(numbers["dog"], 1 - numbers["dog"])
    return (
        f"In the guess the reader sees {animal}{f' with {worn}' if worn else ''}, {sure:.0%} sure."
    )
