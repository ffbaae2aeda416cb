"""The probes that fool: which picture of a run the gallery keeps, what it was before, and how it came."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from core import models, pictures, run
from core.gallery.claims import Claim, ClaimError
from core.models import Classifier
from core.networks.digits import LINEAR
from core.pictures import Rgb
from core.probe import Frame
from core.probes import evolve, fool, linear
from core.worlds import digits

Uploads = Mapping[str, Tensor]


@dataclass(frozen=True)
class Kind:
    """What the gallery knows of a probe.

    network(settings): whom it fools. found(settings, frame, label): the picture,
    and the class that it is meant for, None where any will do. before(settings,
    network, uploads): what was changed, None if nothing was. norm(settings): that it is measured
    in. how(settings, network, step): a few words. said(settings, fingerprint): what a PNG
    of the page's own Save claims.
    """

    network: Callable[[Any], str]
    found: Callable[[Any, Frame, int], tuple[Rgb, int | None]]
    before: Callable[[Any, Classifier, Uploads], Rgb | None]
    norm: Callable[[Any], str]
    how: Callable[[Any, Classifier, int], str]
    said: Callable[[Any, str], Claim]


def _attacked(now: fool.Settings, frame: Frame, label: int) -> tuple[Rgb, int | None]:
    x = frame.panels["picture"]
    assert isinstance(x, Tensor)
    return x, now.target if now.aim == "a class" else None


def _photograph(now: fool.Settings, network: Classifier, uploads: Uploads) -> Rgb | None:
    """The square that the attack began with, as `fool` cuts it."""
    x = run.picture_of(now.picture, "noise", uploads)
    side = now.size or network.size
    return None if x is None else pictures.eight_bit(pictures.square(x, side)).cpu()


def _attack(now: fool.Settings, network: Classifier, step: int) -> str:
    began = "grey noise" if now.picture == "noise" else f"the photograph {now.picture}"
    if now.picture.startswith("upload-"):
        began = "a photograph of somebody's own"
    ball = "" if now.attack == fool.FREE else f" in {now.norm}"
    seen = ", through views" if now.views else ""
    return f"{now.attack}{ball}{seen}: step {step} from {began}"


def _as_saved(now: fool.Settings, fingerprint: str) -> Claim:
    """An attack's panel is the picture itself; its settings say what it is for."""
    bounded = now.picture != "noise" and fool.is_bounded(now.attack)
    return Claim(
        network=now.network,
        fingerprint=fingerprint,
        side=0,
        label=now.target if now.aim == "a class" else None,
        norm=now.norm if bounded else "",
        levels=float(now.epsilon) if bounded else None,
    )


def _elite(now: evolve.Settings, frame: Frame, label: int) -> tuple[Rgb, int | None]:
    _, portrait = evolve.portrait(vars(now), frame.state(), label)
    return portrait.line[0].picture, label


def _blind(now: evolve.Settings, network: Classifier, step: int) -> str:
    asked = (step + 1) * evolve.planned(now, network).batch
    return f"Evolved as {now.encoding}, by {asked:,} questions alone"


def _wall(now: evolve.Settings, fingerprint: str) -> Claim:
    raise ClaimError(
        "This PNG shows a whole wall: open it on Evolve, choose one of its tiles, and keep that."
    )


def _stepped(now: linear.Settings, frame: Frame, label: int) -> tuple[Rgb, int | None]:
    x = linear.posed(now, _held_out())
    levels, own = float(frame.numbers["epsilon"]), digits.digit(now.sample)
    target = frame.numbers["target"].long()
    model = linear.Linear(models.classifier(LINEAR))
    after = linear.attacked(model, x, now.direction, levels / 255, own, target, now.seed).after
    return pictures.eight_bit(after.float().expand(3, -1, -1)), int(target)


def _held_out() -> Tensor:
    return digits.held_out()[:, 0].to(models.device()).double()


def _digit(now: linear.Settings, network: Classifier, uploads: Uploads) -> Rgb | None:
    return linear.posed(now, _held_out()).float().expand(3, -1, -1).cpu()


def _signs(now: linear.Settings, network: Classifier, step: int) -> str:
    along = {"sign": "along the sign of its weight", "random": "at random"}
    return f"One step of every pixel, {along.get(now.direction, 'across its weight')}"


def _columns(now: linear.Settings, fingerprint: str) -> Claim:
    raise ClaimError("This PNG shows the whole sum: open it on Linear, and keep the digit there.")


KINDS = {
    "fool": Kind(
        network=lambda now: now.network,
        found=_attacked,
        before=_photograph,
        norm=lambda now: "Linf" if now.attack == fool.FREE else now.norm,
        how=_attack,
        said=_as_saved,
    ),
    "evolve": Kind(
        network=lambda now: now.network,
        found=_elite,
        before=lambda now, network, uploads: None,
        norm=lambda now: "",
        how=_blind,
        said=_wall,
    ),
    "linear": Kind(
        network=lambda now: LINEAR,
        found=_stepped,
        before=_digit,
        norm=lambda now: "Linf",
        how=_signs,
        said=_columns,
    ),
}


def kind_of(record: Mapping[str, Any]) -> Kind:
    """That of the probe which made a record; raises ClaimError for one that fools nobody."""
    name = record.get("probe")
    if not isinstance(name, str) or name not in KINDS:
        raise ClaimError(
            "This PNG comes from a page that fools nobody: bring one of Fool, Evolve or Linear."
        )
    return KINDS[name]
