"""What a kept picture claims, measured again: on the pixels of the file, in the network that it names.

A claim is kept, holds no longer, or cannot be checked here. Beside the answer stand
its controls: the picture before it was changed, as much random noise, and networks
that were not asked when it was made.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core import export, models, pictures, records
from core.attacks import BALLS, comparison, grid
from core.export import saved
from core.gallery import claims
from core.gallery.claims import LARGEST, Claim, ClaimError
from core.gallery.kinds import Kind, kind_of
from core.metrics import relatives
from core.models import Classifier
from core.models.catalogue import CATALOGUE
from core.pictures import Rgb

KEPT, LOST, UNKNOWN = "kept", "no longer", "not checkable"
APART = 0.005  # of a probability: other builds of torch round otherwise
OTHERS = 2  # networks that were not asked


@dataclass(frozen=True)
class Answer:
    """What a network calls a picture, how sure it is of that, and of the class that is claimed."""

    who: str
    label: int
    name: str
    sure: float
    claimed: float


@dataclass(frozen=True)
class Measured:
    """What was found out about a picture.

    before: what it was, at its size; levels: how far it is from that in the claim's
    norm; most: the largest move of a value, both in 8-bit levels.
    """

    answer: Answer
    label: int
    before: Rgb | None = None
    levels: float | None = None
    most: float | None = None
    controls: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A claim and what became of it, in a sentence; without measurement where there is no network."""

    record: dict[str, Any]
    claim: Claim
    x: Rgb
    verdict: str
    sentence: str
    title: str
    name: str
    how: str = ""
    measured: Measured | None = None


def check(data: bytes) -> Checked:
    """Measure what a PNG claims; raises ClaimError and PictureError where it claims nothing."""
    record, inputs = saved.unpacked(data)
    kind, now = kind_of(record), claims.now(record)
    claim = _claim(record, kind, now)
    x = _square(data)
    found = {"record": record, "claim": claim, "x": x}
    try:
        here = models.is_here(claim.network)
    except LookupError as error:
        return Checked(**found, verdict=UNKNOWN, sentence=str(error), title=claim.network, name="")
    if not here:
        said = (
            f"Not checkable here: {claim.network} is not on this computer. "
            f"Fetch it by python -m core fetch {claim.network}."
        )
        return Checked(**found, verdict=UNKNOWN, sentence=said, title=claim.network, name="")
    network = models.classifier(claim.network)
    network.classifier()
    if claim.label is not None and claim.label >= len(network.labels):
        raise ClaimError(f"{network.title} knows {len(network.labels)} classes, not {claim.label}.")
    found |= {"title": network.title, "how": kind.how(now, network, claims.step(record))}
    if claim.side not in (0, x.shape[-1]) or x.shape[-1] < network.smallest:
        said = (
            f"No longer: it was read at {claim.side} px and is {x.shape[-1]} px wide now; "
            "another size is another picture."
        )
        return Checked(**found, verdict=LOST, sentence=said, name=_name(network, claim.label))
    record, uploads = export.brought(record, inputs)
    before = kind.before(claims.now(record), network, uploads)
    if before is not None and before.shape != x.shape:
        before = None
    measured = measure(x, network, claim, before, seed=getattr(now, "seed", 0))
    verdict, sentence = _verdict(claim, x, network, measured)
    name = _name(network, measured.label)
    return Checked(**found, verdict=verdict, sentence=sentence, name=name, measured=measured)


def _claim(record: Mapping[str, Any], kind: Kind, now: Any) -> Claim:
    """What the PNG claims by itself, or by the settings of the page that saved it."""
    if record.get("twin"):
        raise ClaimError("This PNG shows two runs side by side: keep one of them alone.")
    if "claim" in record:
        return claims.read(record)
    return kind.said(now, records.fingerprints(record).get("network", ""))


def _square(data: bytes) -> Rgb:
    """The pixels of the file, none of them resized."""
    x = pictures.read(data)
    height, width = x.shape[-2:]
    if height != width or width > LARGEST:
        raise ClaimError(
            f"This picture is {width} x {height} px: the gallery takes squares of up to {LARGEST} px."
        )
    return x


@torch.no_grad()
def measure(
    x: Rgb, network: Classifier, claim: Claim, before: Rgb | None, *, seed: int
) -> Measured:
    """What the network makes of the picture, and what its controls are."""
    p = _probabilities(network, x)
    label = int(p.argmax()) if claim.label is None else claim.label
    answer = _answer(network.title, network, p, label)
    controls, levels, most = [], None, None
    if before is not None:
        norm = claim.norm or "Linf"
        levels, most = (_levels(before, x, one) for one in (norm, "Linf"))
        controls.append(_answer("before", network, _probabilities(network, before), label))
        noisy = comparison.noise(before[None], x[None], norm, seed)[0]
        controls.append(_answer("noise", network, _probabilities(network, noisy), label))
    for other in others(network):
        p = _probabilities(other, relatives.sized(x, network, other))
        controls.append(_answer(other.title, other, p, label))
    return Measured(answer, label, before, levels, most, tuple(controls))


def _probabilities(network: Classifier, x: Rgb) -> Float[Tensor, " k"]:
    logits = network.activations(x[None].to(network.device), network.classifier())
    return logits[0].softmax(0).cpu()


def _answer(who: str, network: Classifier, p: Tensor, label: int) -> Answer:
    first = int(p.argmax())
    return Answer(who, first, network.labels[first], float(p[first]), float(p[label]))


def _levels(before: Rgb, x: Rgb, norm: str) -> float:
    """How far a picture is from what it was: the largest move, the root mean square, or the mean."""
    size = grid.distance(before[None], x[None], norm)[0]
    return float(size) * grid.LEVELS / BALLS[norm].mean(x.numel())


def others(network: Classifier) -> list[Classifier]:
    """Networks of the same classes that are here."""
    known = [
        name
        for name, entry in CATALOGUE.items()
        if name != network.name and models.is_here(name) and entry.labels() == network.labels
    ]
    return [models.classifier(name) for name in known[:OTHERS]]


def _name(network: Classifier, label: int | None) -> str:
    return "" if label is None else network.labels[label]


def _verdict(claim: Claim, x: Rgb, network: Classifier, measured: Measured) -> tuple[str, str]:
    """Whether all of the claim holds, and the first thing that does not."""
    answer = measured.answer
    for found in (_pixels, _weights, _other_answer, _less_sure, _not_fooled, _farther):
        if wrong := found(claim, x, network, measured):
            says = f"{network.title} calls it {answer.name}, {percent(answer.sure)} sure"
            return LOST, f"No longer: {wrong} Now {says}."
    if claim.probability is None:
        return KEPT, f"Its PNG claims no number; {percent(answer.claimed)} are measured."
    said = f"{percent(claim.probability)} claimed, {percent(answer.claimed)} measured"
    return KEPT, f"The same pixels, the same weights: {said}."


def _pixels(claim: Claim, x: Rgb, network: Classifier, measured: Measured) -> str:
    if claim.pixels and claim.pixels != saved.name_of(pictures.to_uint8(x)):
        return "its pixels were changed since it was kept."
    return ""


def _weights(claim: Claim, x: Rgb, network: Classifier, measured: Measured) -> str:
    if claim.fingerprint != network.fingerprint:
        return f"{network.title} has other weights here than the network that was fooled."
    return ""


def _other_answer(claim: Claim, x: Rgb, network: Classifier, measured: Measured) -> str:
    if claim.label is not None and measured.answer.label != claim.label:
        return f"it claims to be called {_name(network, claim.label)}."
    return ""


def _less_sure(claim: Claim, x: Rgb, network: Classifier, measured: Measured) -> str:
    said, found = claim.probability, measured.answer.claimed
    if said is not None and abs(said - found) > APART:
        return f"it claims {percent(said)}, and {percent(found)} are measured."
    return ""


def _not_fooled(claim: Claim, x: Rgb, network: Classifier, measured: Measured) -> str:
    before = next((one for one in measured.controls if one.who == "before"), None)
    if before is None:
        lost = claim.was is not None
        return "the photograph that it was made from is not there." if lost else ""
    if before.label == measured.answer.label:
        return "the photograph is called the same before any change: nothing is fooled."
    if claim.was is not None and before.label != claim.was:
        return f"its photograph was called {_name(network, before.label)} before any change."
    return ""


def _farther(claim: Claim, x: Rgb, network: Classifier, measured: Measured) -> str:
    if claim.levels is None or measured.levels is None:
        return ""
    if measured.levels > claim.levels * (1 + 1e-4) + 1e-3:
        return (
            f"it claims to be within {claim.levels:.4g} levels of its photograph ({claim.norm}), "
            f"and is {measured.levels:.4g} away."
        )
    return ""


def beside_it(checked: Checked) -> dict[str, Rgb]:
    """What a picture was before, and the difference, magnified; nothing where it was nothing."""
    before = checked.measured.before if checked.measured else None
    if before is None:
        return {}
    difference = comparison.magnified(before[None], checked.x[None])[0]
    return {"before": before, "difference": difference}


def percent(p: float) -> str:
    """A probability as a sentence has it: 100 % is never reached."""
    if p > 0.9999:
        return "more than 99.99 %"
    return f"{100 * p:.{1 if p < 0.995 else 2}f} %"


def as_json(checked: Checked) -> dict[str, Any]:
    """The same as JSON, without pictures."""
    measured = checked.measured
    found: dict[str, Any] = {
        "verdict": checked.verdict,
        "sentence": checked.sentence,
        "probe": checked.record["probe"],
        "network": checked.claim.network,
        "title": checked.title,
        "name": checked.name,
        "how": checked.how,
        "side": int(checked.x.shape[-1]),
        "claim": asdict(checked.claim),
        "measured": None,
    }
    if measured:
        found["measured"] = {
            "answer": asdict(measured.answer),
            "levels": measured.levels,
            "most": measured.most,
            "controls": [asdict(one) for one in measured.controls],
        }
    return found
