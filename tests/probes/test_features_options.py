"""Every parametrisation and every objective of Features is held to what its defaults are held to."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import models, objectives, pictures, run
from core.metrics import held_out
from core.priors import PARAMETRISATIONS, colour, natural, plane
from core.probes import features
from tests.test_every_probe import Refuse, shown

QUICK = features.Settings(layer="blocks.1", unit=3, canvas=48, view=32, steps=3, size=80)
OPTIONS = {
    "natural": {"parametrisation": "natural"},
    "natural class": {"parametrisation": "natural", "target": "class"},
    "plane": {"parametrisation": "plane"},
    "several planes": {"parametrisation": "plane", "count": 2, "steps": 2},
    "pixels": {"parametrisation": "pixels"},
    "silences": {"aim": "silences"},
    "minus": {"second": "minus"},
    "turning into": {"second": "turning into"},
    "turning classes": {"second": "turning into", "target": "class", "count": 3},
    "diversity": {"count": 5, "diversity": 1.0},
    "power": {"power": 2.0},
    "against": {"against": "roughness"},
}
MANY = 200  # frames: more than any of these runs has


@pytest.fixture(scope="module")
def resources():
    return run.resolve(features, QUICK)


@pytest.fixture(scope="module")
def started(resources):
    def start(name, **how):
        now = replace(QUICK, **{**OPTIONS[name], **how.pop("changes", {})})
        return run.Run(features, now, resources, **how)

    return start


@pytest.mark.parametrize("name", OPTIONS)
def test_stopped_anywhere_and_gone_on_the_same_bytes_follow(started, name):
    """In the ascent, while a large picture is drawn, and while it is scored."""
    whole = list(islice(started(name), MANY))
    said = [shown(frame) for frame in whole]
    for stop in (1, features.length(whole_settings(name), {}) + 1, len(whole) - 3):
        again = started(name, state=whole[stop - 1].state())
        assert [shown(frame) for frame in again] == said[stop:], stop


def whole_settings(name):
    return replace(QUICK, **OPTIONS[name])


@pytest.mark.parametrize("name", OPTIONS)
def test_no_step_waits_for_the_device(started, name):
    going = started(name)
    next(going)
    with Refuse():
        for _ in range(5):
            next(going)


@pytest.mark.parametrize("name", ["natural", "plane", "pixels"])
def test_one_thread_and_two_make_the_same_bytes(started, name):
    """At the sizes of the recipe: sums over whole pictures are cut up only above 32768 values."""
    large = {"layer": "blocks.4", "canvas": 0, "view": 0, "size": 0, "control": False}

    def made(threads):
        torch.set_num_threads(threads)
        changes = large | {"steps": 2}
        return [frame.panels["picture"] for frame in islice(started(name, changes=changes), 4)]

    before = torch.get_num_threads()
    try:
        for one, two in zip(made(1), made(2), strict=True):
            assert torch.equal(one, two)
    finally:
        torch.set_num_threads(before)


def ended(started, name, **changes):
    *_, frame = started(name, changes={"control": False, **changes})
    return frame


def test_what_silences_a_unit_puts_it_below_every_photograph(started):
    frame = ended(started, "silences", steps=40)
    score, best = (frame.numbers[n] for n in ("held-out score", "largest of the photographs"))
    assert score > best
    settings = whole_settings("silences")
    numbers = {k: v.item() for k, v in frame.numbers.items()}
    said = features.caption(settings, numbers, {"network": models.load("lite0")})
    assert f"is at {-score.item():.2f} there" in said
    assert f"takes it to is {-best.item():.2f}" in said


def test_the_curve_tells_what_the_unit_does_and_not_what_is_climbed(started):
    going = started("silences", changes={"steps": 40, "control": False})
    told = [frame.numbers["activation"] for frame in islice(going, 40)]
    assert torch.stack(told[-5:]).mean() < torch.stack(told[:5]).mean()
    priced = next(started("against", changes={"weight": 4.0})).numbers["activation"]
    assert torch.equal(
        priced, next(started("against", changes={"weight": 0.0})).numbers["activation"]
    )


def test_a_difference_is_scored_as_a_difference(started, resources):
    frame = ended(started, "minus", steps=20)
    x = pictures.eight_bit(frame.panels["picture"])
    wanted = [objectives.channel("blocks.1", 3) - objectives.channel("blocks.1", 7)]
    means = [
        held_out.scores(wanted, resources["network"], held_out.looks(x, half, side=32)).mean()
        for half in held_out.HALVES
    ]
    torch.testing.assert_close(sum(means) / 2, frame.numbers["held-out score"])


def test_a_strip_goes_from_one_unit_to_the_other(started, resources):
    x = ended(started, "turning into", steps=40).panels["picture"]
    read = resources["network"].activations(x, "blocks.1").mean((2, 3))
    assert len(x) == 6
    assert read[0, 3] > read[2, 3] > read[5, 3]
    assert read[0, 7] < read[2, 7] < read[5, 7]


def test_alignment_keeps_neighbours_alike(started):
    def apart(alignment):
        x = ended(started, "turning into", steps=40, alignment=alignment).panels["picture"]
        return (x[1:] - x[:-1]).square().mean()

    assert apart(2.0) < apart(0.0)


def test_diversity_sets_the_pictures_apart_across_chunks(started, resources):
    def unlike(diversity):
        settings = {"steps": 40, "diversity": diversity}
        x = ended(started, "diversity", **settings).panels["picture"]
        read = resources["network"].activations(x, "blocks.1")
        return objectives.diversity("blocks.1").score({"blocks.1": read}).mean()

    assert unlike(3.0) > unlike(0.0)


@pytest.mark.parametrize("name", ["roughness", "extremes", "contrast", "colour"])
def test_what_is_held_against_a_picture_becomes_less(started, name):
    penalty = objectives.composing.PENALTIES[name][0]()

    def cost(weight):
        frame = ended(started, "against", against=name, weight=weight, steps=30)
        return penalty.score({objectives.PICTURE: frame.panels["picture"][None]})

    assert cost(4.0) < cost(0.0)


def test_a_power_of_one_asks_for_the_unit_and_for_less_besides(started):
    """In the middle layers; at blocks.1 it does not, and a power of 2 stalls."""

    def cosine(power):
        middle = {"layer": "blocks.3", "unit": 12, "canvas": 64, "view": 48, "steps": 60}
        going = started("power", changes=middle | {"power": power, "control": False})
        *_, frame = islice(going, 60)
        network = going.resources["network"]
        mean = network.activations(frame.panels["picture"][None], "blocks.3").mean((2, 3))[0]
        return mean[12] / mean.norm()

    assert cosine(1.0) > cosine(0.0)


def test_natural_statistics_hold_to_the_end_and_drive_the_unit(started):
    frame = ended(started, "natural", steps=60, noise=0.0)
    x = frame.panels["picture"][None]
    found = torch.fft.rfft2(colour.flat(x), norm="ortho").abs()[0, 0, 1:16, 1:16]
    wanted = natural.magnitude(48, 48, decay=0, like=x)[0, 1:16, 1:16]
    assert (found / wanted).std() / (found / wanted).mean() < 0.05
    assert frame.numbers["held-out score"] > frame.numbers["largest of the photographs"]


def test_a_function_of_the_plane_is_drawn_at_the_size_that_is_asked_for(started):
    going = started("plane", changes={"size": 200, "control": False})
    frames = list(going)
    assert frames[-1].panels["picture"].shape == (3, 200, 200)
    assert frames[2].panels["picture"].shape == (3, 48, 48)


def test_zoom_shrinks_the_window_while_it_climbs(started):
    still = {"learning_rate": 0.001, "steps": 40, "control": False, "zoom": 0.0}
    *_, wide, _ = islice(started("plane", changes=still), 40)
    *_, near, _ = islice(started("plane", changes=still | {"zoom": 1.8}), 40)
    middle = wide.panels["picture"][:, 12:36, 12:36]
    seen = torch.nn.functional.avg_pool2d(near.panels["picture"], 2)
    both = torch.stack([middle.flatten(), seen.flatten()])
    assert both.corrcoef()[0, 1] > 0.8


def test_a_function_of_the_plane_refuses_a_photograph_with_a_remedy(resources):
    settings = replace(QUICK, parametrisation="plane", picture="cat")
    with pytest.raises(ValueError, match="choose noise, or another parametrisation"):
        next(run.Run(features, settings, run.resolve(features, settings)))


def test_every_parametrisation_is_an_option():
    assert set(PARAMETRISATIONS) == {"fourier", "natural", "plane", "pixels"}
    assert plane.strips(0) == []


def test_a_unit_behind_a_relu_is_said_to_have_no_least():
    zero = {"held-out score": 0.0, "largest of the photographs": 0.0, "kept": 1.0}
    said = held_out.verdict_on_the_least("unit 3 of b", zero | {"at the ceiling": 0.0})
    assert said == "Unit 3 of b is 0 on it, as on a photograph: behind a ReLU it cannot fall below."
