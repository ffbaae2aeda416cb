"""What edits, drags and errors in the latents of a VAE come to, where the truth is known.

Success of an edit: the reader finds its factor on the other side, and each of the 27 others
within half a deviation of where it was. Leakage: the mean change of the others that move along a
line, over that of the own one (`core.metrics.leakage`). An edit ends as far behind the frontier
as the title says, in deviations of the known latents' distances from it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from core import run
from core.latents import leaks, projection, spaces, unusual
from core.latents.directions import Hyperplane
from core.latents.spaces import INDEPENDENT
from core.latents.unseen import COUNT, portrait, unseen
from core.metrics import leakage
from core.metrics.ranking import auroc
from core.models import Generator, reader, shipped
from core.models.generators import flowed
from core.models.reader import Reader
from core.probes import drag
from core.probes import latents as edit
from core.probes import unusual as anomaly
from core.worlds import critters
from tests.bench import bridge, drags, edits
from tests.bench.edits import Asked, Found, Judge
from tests.bench.table import Row, median

title = (
    f"Latents: edits of {edits.COUNT} unseen critters, {edits.FAR:g} deviations behind the frontier"
)

VAE, COMPONENTS, TIED, METHOD = "critters-vae", "critters-pca", "tied-0.8", "ridge"
PARTNERS = {"species": "warmth", "glasses": "dark", "dark": "glasses", "smile": "light"}  # in TIED
EDITS = tuple(PARTNERS)
SUCCESS, LEAKAGE = 0.85, 0.15
MORE, LESS = 2.0, 0.5  # leakage of tied directions over others', of projected ones over raw
DRAGS, NEAR, CLOSE = 100, 2.0, 0.8  # how many; px; the share that comes so near
RABBITS, STICKERS = 0.9, 0.95  # AUROC of pictures, of pixels
ANIMALS = 256
EDIT, DECODE = 60, 30  # ms
WARM, ROUNDS = 2, 30  # times that do not count, and that do

Direction = Float[Tensor, " latent"]
Edits = Mapping[str, Found]  # by the attribute
Locked = Callable[[str], Sequence[str]]  # whose normals are made still for an attribute


def rows() -> Iterator[Row]:
    """Edits, those by a tied world and by peers, drags, anomalies, times, and what is drawn."""
    vae, read = bridge.generator(VAE), reader.load()
    judge = edits.judge(vae, read)
    ours = _edited(judge, INDEPENDENT)
    yield from _edits(judge, ours)
    yield from _tied(judge, ours)
    yield from _peers(judge, ours)
    yield from _drags(vae, read)
    yield from _anomalies(vae, is_held=True)
    yield from _anomalies(bridge.generator(COMPONENTS), is_held=False)
    yield from _times(vae)
    yield from _drawn()


# edits


def _none(name: str) -> Sequence[str]:
    return ()


def _others(name: str) -> Sequence[str]:
    return [other for other in critters.EDITED if other != name]


def _partner(name: str) -> Sequence[str]:
    return [PARTNERS[name]]


def _asked(judge: Judge, world: str, name: str) -> tuple[Asked, Hyperplane]:
    return edits.asked(judge, name), spaces.frontier(judge.generator, world, METHOD, name)


def _projected(generator: Generator, world: str, name: str, locked: Locked) -> Direction:
    normals = spaces.normals(generator, world, METHOD)
    return projection.orthogonal(normals, name, locked=locked(name)).direction


def _edited(judge: Judge, world: str, locked: Locked = _none, far: float = edits.FAR) -> Edits:
    """What edits by the directions of that world do."""
    found = {}
    for name in EDITS:
        wish, plane = _asked(judge, world, name)
        along = _projected(judge.generator, world, name, locked)
        z = edits.edited(judge, wish, plane, along, far=far)
        found[name] = edits.found(judge, wish, z)
    return found


def _beside(judge: Judge, name: str, directions: Sequence[Direction]) -> list[Found]:
    """What steps as long as ours do along other directions."""
    wish, plane = _asked(judge, INDEPENDENT, name)
    like = edits.edited(judge, wish, plane)
    return [edits.found(judge, wish, edits.stepped(judge, wish, like, one)) for one in directions]


def _edits(judge: Judge, ours: Edits) -> Iterator[Row]:
    """Ours, at random, and the true edit; then ours half as far, and with all others held."""
    random = {name: _random(judge, name) for name in EDITS}
    true = {name: edits.true(judge, edits.asked(judge, name)) for name in EDITS}
    for name in EDITS:
        redrawn = edits.redrawn(judge, edits.asked(judge, name))
        yield from _success(name, ([ours[name]], random[name], [redrawn], [true[name]]))
    yield _leakage("ours", ours, LEAKAGE)
    for name in EDITS:
        yield _leakage("ours", {name: ours[name]}, LEAKAGE)
    each = [name for name in EDITS for _ in random[name]]
    leaked = edits.leak(each, [one for name in EDITS for one in random[name]])
    yield Row("leakage of random directions, turned to the side asked", "-", f"{leaked:.2f}")
    yield _leakage("the true edit", true, None)
    half = _edited(judge, INDEPENDENT, far=edits.FAR / 2)
    yield _all_four("ours, half as far behind the frontier", half)
    yield _all_four("ours, all others projected out", _edited(judge, INDEPENDENT, _others))


def _random(judge: Judge, name: str) -> list[Found]:
    _, plane = _asked(judge, INDEPENDENT, name)
    return _beside(judge, name, [*edits.random(plane, seed=EDITS.index(name))])


def _success(name: str, sides: Sequence[Sequence[Found]]) -> Iterator[Row]:
    """sides: ours, random ones, the true edit redrawn, the true edit."""
    alone = [edits.share([one.alone for one in side]) for side in sides]
    yield Row(
        f"success of {name}: ours; as far at random; the true edit through the VAE; the true edit",
        f">= {SUCCESS:.0%}",
        "; ".join(f"{one:.0%}" for one in alone),
        alone[0] >= SUCCESS,
    )
    yield Row(
        f"the same: {name} on the other side, other factors that stay, pictures among real ones",
        "-",
        "; ".join(_apart(side) for side in sides),
    )


def _apart(side: Sequence[Found]) -> str:
    parts = (
        [one.crossed for one in side],
        [one.stayed for one in side],
        [one.inside for one in side],
    )
    return ", ".join(f"{edits.share(part):.0%}" for part in parts)


def _leakage(whose: str, found: Edits, bar: float | None) -> Row:
    leaked = _leak(found)
    return Row(
        f"leakage of {whose}: {', '.join(found)}",
        f"<= {bar:g}" if bar else "-",
        f"{leaked:.3f}",
        leaked <= bar if bar else None,
    )


def _leak(found: Edits) -> float:
    return edits.leak([*found], [*found.values()])


def _all_four(what: str, found: Edits) -> Row:
    crossed = ", ".join(f"{edits.share([one.crossed]):.0%}" for one in found.values())
    alone = ", ".join(f"{edits.share([one.alone]):.0%}" for one in found.values())
    return Row(
        f"{what}: {', '.join(found)} on the other side; success; leakage",
        "-",
        f"{crossed}; {alone}; {_leak(found):.3f}",
    )


# a tied world


def _tied(judge: Judge, ours: Edits) -> Iterator[Row]:
    """What directions from a tied world leak, and what is left of it after projection."""
    raw = _edited(judge, TIED)
    leaked, usual = _leak(raw), _leak(ours)
    yield Row(
        f"leakage of directions from {TIED}, over those from {INDEPENDENT}",
        f">= {MORE:g} times",
        f"{leaked / usual:.2f} times: {leaked:.3f}, {usual:.3f}",
        leaked >= MORE * usual,
    )
    leaked, usual = _onto(raw), _onto(ours)
    said = f"{leaked / usual:.2f} times: {leaked:.3f}, {usual:.3f}"
    yield Row("the same onto the tied partner alone", "-", said)
    yield from _held(judge, raw, "all others", _others, LESS)
    yield from _held(judge, raw, "the tied partner alone", _partner, None)


def _held(judge: Judge, raw: Edits, whose: str, locked: Locked, bar: float | None) -> Iterator[Row]:
    """Leakage in the read-out of latents and in pictures, over that of the raw directions."""
    before, after = (_read_out(judge.generator, one) for one in (_none, locked))
    yield Row(
        f"leakage in the read-out of latents, {TIED}, {whose} projected out, of that of raw ones",
        f"<= {bar:.0%}" if bar else "-",
        f"{after / before:.0%}: {after:.3f}, {before:.3f}",
        after <= bar * before if bar else None,
    )
    found = _edited(judge, TIED, locked)
    pairs = ((_leak(found), _leak(raw)), (_onto(found), _onto(raw)))
    yield Row(
        "the same in the pictures; onto the tied partner alone",
        "-",
        "; ".join(f"{after / before:.0%}: {after:.3f}, {before:.3f}" for after, before in pairs),
    )


def _onto(found: Edits) -> float:
    """How far the tied partners move, in the mean, over how far the own factors do."""
    own, partner = (
        torch.stack([found[name].moved[edits.FACTORS.index(of[name])] for name in EDITS])
        for of in ({name: name for name in EDITS}, PARTNERS)
    )
    return float(partner.abs().mean() / own.mean())


def _read_out(generator: Generator, locked: Locked) -> float:
    """Leakage of the tied directions in what the independent world reads out of latents."""
    names, weights = [*spaces.known(generator).values], spaces.readout(generator).weights
    moved = [_projected(generator, TIED, name, locked).double().cpu() @ weights for name in EDITS]
    return leakage.leakage(torch.stack(moved), [names.index(name) for name in EDITS])


# peers


def _peers(judge: Judge, ours: Edits) -> Iterator[Row]:
    """Ours is not to succeed less often nor to leak more than either, all steps as long as ours."""
    known = spaces.known(judge.generator)
    peers: Mapping[str, Callable[[str], Direction]] = {
        "InterFaceGAN's boundary": lambda name: edits.boundary(known.z, known.sides(name)),
        "GANSpace's component": lambda name: edits.component(known.z, known.values[name]),
    }
    mine = edits.share([one.alone for one in ours.values()]), _leak(ours)
    for peer, direction in peers.items():
        found = {name: _beside(judge, name, [direction(name)])[0] for name in EDITS}
        yield _all_four(f"{peer}, as far as ours", found)
        theirs = edits.share([one.alone for one in found.values()]), _leak(found)
        yield Row(
            f"success in the mean of the four, ours and {peer}",
            "not below",
            f"{mine[0]:.1%}, {theirs[0]:.1%}",
            mine[0] >= theirs[0],
        )
        yield Row(
            f"leakage of the four, ours and {peer}",
            "not above",
            f"{mine[1]:.3f}, {theirs[1]:.3f}",
            mine[1] <= theirs[1],
        )


# drags


def _drags(vae: Generator, read: Reader) -> Iterator[Row]:
    """How near the landmark comes, by the reader that is climbed and by another judge."""
    wishes, judge = drags.wishes(vae, read, DRAGS), drags.judge(vae)
    done = [drags.dragged(vae, read, judge, wish) for wish in wishes]
    refused = sum(wish.refused for wish in wishes)
    what = f"{DRAGS} drags by {drags.LEAST:g} to {drags.MOST:g} px, {drags.STEPS} steps"
    yield Row(f"{what}: others drawn, but out of the world's reach", "-", f"{refused}")
    yield _near(f"{what}: within {NEAR:g} px by the reader", [one.px for one in done], CLOSE)
    yield _near("the same by a judge that is not climbed", [one.others for one in done], CLOSE)
    yield _near("that judge on the true answers", [one.in_truth for one in done], None)
    astray = (
        sum(of) / len(done)
        for of in ([one.astray for one in done], [one.at_random for one in done])
    )
    yield Row(
        "mean distance of a factor's change from its true change, deviations; as far at random",
        "-",
        "; ".join(f"{one:.3f}" for one in astray),
    )


def _near(what: str, px: Sequence[float], bar: float | None) -> Row:
    close = sum(one <= NEAR for one in px) / len(px)
    return Row(
        f"{what}; px in the median",
        f">= {bar:.0%}" if bar else "-",
        f"{close:.0%}; {median(px):.2f} px",
        close >= bar if bar else None,
    )


# anomalies


@torch.no_grad()
def _anomalies(generator: Generator, *, is_held: bool) -> Iterator[Row]:
    """Rabbits among cats and dogs, and stickers among the pixels around them."""
    usual = unusual.usual(generator, generator.latent)

    def found(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n h w"]:
        return usual.map(x, unusual.returned(generator, x, generator.latent))

    rabbits = critters.sample(ANIMALS, seed=7, species=("rabbit",))
    known = critters.sample(ANIMALS, seed=8)
    scores = [unusual.score(found(portrait(one, generator.side))) for one in (rabbits, known)]
    area = auroc(torch.cat(scores), torch.arange(2 * ANIMALS) < ANIMALS)
    what = f"{generator.name}: AUROC of {ANIMALS} rabbits among as many cats and dogs"
    yield _area(what, area, RABBITS, is_held=is_held)
    before = [unseen(generator, number) for number in range(COUNT)]
    after = [anomaly.changed(one, "sticker", 1.0, seed=number) for number, one in enumerate(before)]
    masks = [unusual.changed(one.x[0], x[0]) for one, x in zip(before, after, strict=True)]
    area = auroc(found(torch.cat(after)), torch.stack(masks))
    what = f"{generator.name}: AUROC of pixels under {COUNT} stickers"
    yield _area(what, area, STICKERS, is_held=is_held)


def _area(what: str, area: float, bar: float, *, is_held: bool) -> Row:
    return Row(
        what, f">= {bar:g}" if is_held else "-", f"{area:.3f}", area >= bar if is_held else None
    )


# times


def _times(vae: Generator) -> Iterator[Row]:
    """CPU time on one thread, so that whatever else the machine does counts little."""
    frames = {module: run.replay(module, {"v": 2, "settings": {}})[0] for module in (edit, drag)}
    z = spaces.known(vae).z[:1].to(vae.device)
    yield _took(
        "a frame of the page Latents, while it measures leakage", lambda: next(frames[edit]), EDIT
    )
    for _ in range(leaks.COUNT):
        next(frames[edit])
    yield _took("the same, once that is known", lambda: next(frames[edit]), EDIT)
    yield _took("a latent decoded", torch.no_grad()(lambda: vae.decode(z)), DECODE)
    yield bridge.answer(vae)
    yield _took("a frame of the page Drag", lambda: next(frames[drag]), None)


def _took(what: str, work: Callable[[], object], bar: float | None) -> Row:
    times = []
    for _ in range(WARM + ROUNDS):
        began = time.process_time()
        work()
        times.append(1000 * (time.process_time() - began))
    took = median(times[WARM:])
    return Row(
        f"{what}, CPU time",
        f"<= {bar:g} ms" if bar else "-",
        f"{took:.1f} ms",
        took <= bar if bar else None,
    )


# what is drawn without a picture


def _drawn() -> Iterator[Row]:
    """How unlike critters the pictures of drawn latents are, as the flow's card has it."""
    reached = shipped.read(flowed.NAME, flowed.TITLE)[1]["reached"]
    for way in ("the prior", "one Gaussian", "the flow", "encoded ones"):
        kid = reached[f"KID of {way}"]
        yield Row(
            f"KID to held-out critters, by the reader's features, of {way} (from the card)",
            "-",
            f"{kid['value']:.4f} ({kid['low']:.4f} to {kid['high']:.4f})",
        )
