"""What a linear map between two latent spaces loses, on pictures that it has not seen."""

import time
from collections.abc import Iterator

import torch

from core import models
from core.latents import bridges, maps, spaces
from core.latents.bridges import MAP, MEAN, PIXELS, SHUFFLED, UNTRAINED, Bridge
from core.metrics import ridge
from core.models import Generator
from tests.bench.table import Row, median

title = "Bridge"

VAES = ("critters-vae", "critters-vae-narrow")
BESIDE = ("critters-pca",)  # no bar: pixels are told from latents by what they lose
BARS = {MAP: ("<=", 1.25), SHUFFLED: (">=", 5.0), MEAN: (">=", 5.0)}  # M / R from VAE to VAE
TITLES = {
    MAP: "the linear map",
    SHUFFLED: "shuffled pairs",
    MEAN: "the mean latent",
    PIXELS: "principal components of pixels",
    UNTRAINED: "an encoder with random weights",
}
LONGEST, ROUNDS = 20, 30  # ms of an answer; how often it is timed


def rows() -> Iterator[Row]:
    """M / R of every map both ways between all that are here, and the time of an answer."""
    here = [name for name in (*VAES, *BESIDE) if models.is_here(name)]
    known = {name: generator(name) for name in here}
    for one in here:
        for other in here:
            if one != other:
                yield from _judged(Bridge(known[one], known[other]))
    yield answer(known[VAES[0]])


def generator(name: str) -> Generator:
    """The generator of this name."""
    found = models.load(name, "generator")
    assert isinstance(found, Generator)
    return found


def _judged(bridge: Bridge) -> Iterator[Row]:
    sums = bridges.unjudged()
    for number in range(len(bridges.agenda(bridge))):
        sums = bridges.advanced(bridge, sums, number)
    found = bridges.ratios(bridge, sums)
    is_held = {bridge.network.name, bridge.other.name} <= {*VAES}
    for kind, title in TITLES.items():
        sign, bar = BARS.get(kind, ("", 0.0)) if is_held else ("", 0.0)
        *_, few, _, _, most = found[kind].tolist()
        reached = {"<=": most <= bar, ">=": most >= bar}.get(sign)
        yield Row(
            f"{bridge.network.name} to {bridge.other.name}, M / R of {title}, 1000 pairs; 100",
            f"{sign} {bar:g}" if sign else "-",
            f"{most:.2f}; {few:.2f}",
            reached,
        )


@torch.no_grad()
def answer(generator: Generator) -> Row:
    """A map is learned from 1000 pairs, and one latent is carried and drawn."""
    z, times = spaces.known(generator).z[-1000:], []
    for _ in range(ROUNDS):
        began = time.process_time()
        generator.decode(ridge.predicted(z[:1], maps.fitted(z, z)))
        times.append(1000 * (time.process_time() - began))
    return Row(
        "an answer: fit and decode",
        f"<= {LONGEST} ms",
        f"{median(times):.1f} ms",
        median(times) <= LONGEST,
    )
