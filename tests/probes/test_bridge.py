"""A bridge draws what its map says, and is judged the same however it came to be."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import models, run
from core.latents import bridges, maps, spaces
from core.latents.unseen import unseen
from core.metrics import ridge
from core.priors import octaves
from core.probe import SettingError
from core.probes import bridge

EIGEN = bridge.Settings(network="digits-eigen", other="digits-eigen", critter=30, breathing=False)
VAE = bridge.Settings(network="critters-vae", other="critters-vae", breathing=False, control=False)


def going(settings, **how):
    return run.Run(bridge, settings, run.resolve(bridge, settings), **how)


def frame(settings, step=0):
    return next(islice(going(settings), step, None))


def shown(generator, z):
    return octaves.resize(generator.decode(z), (bridge.SIDE, bridge.SIDE))[0].clamp(0, 1)


def test_the_panels_are_what_the_maps_and_the_other_network_say():
    generator = models.load("digits-eigen", "generator")
    own = generator.encode(unseen(generator, 30).x)
    z = spaces.known(generator).z
    order = bridges.support(bridges.Bridge(generator, generator))[:20]
    found = frame(replace(EIGEN, pairs=20)).panels
    for panel, affine in (
        ("picture", maps.fitted(z[order], z[order])),
        ("control", maps.from_shuffled_pairs(z[order], z[order], seed=0)),
    ):
        expected = shown(generator, ridge.predicted(own, affine))
        assert torch.allclose(found[panel], expected, atol=1e-5)
    assert torch.allclose(found["own"], shown(generator, own), atol=1e-5)
    read = octaves.resize(unseen(generator, 30).x, (bridge.SIDE, bridge.SIDE))[0].clamp(0, 1)
    assert torch.equal(found["read"], read)


def test_a_breath_goes_from_few_pairs_to_many_and_back():
    settings = replace(EIGEN, breathing=True)
    pulled = going(settings)
    pairs = [int(next(pulled).numbers["pairs"]) for _ in range(bridge.BREATH + 1)]
    assert (pairs[0], pairs[bridge.BREATH // 2], pairs[-1]) == (10, 36, 10)
    there = pairs[: bridge.BREATH // 2 + 1]
    assert there == sorted(there) == pairs[: bridge.BREATH // 2 - 1 : -1]
    steps = [bridge.paired(settings, step, 1000) for step in (0, 30, 60)]
    assert steps == [10, 100, 1000]  # half-way by factors


def test_no_more_pairs_are_taken_than_there_are():
    assert frame(replace(EIGEN, pairs=500)).numbers["pairs"] == 36


def test_more_pairs_leave_less_error_and_shuffled_ones_do_not():
    few, many = (frame(replace(EIGEN, pairs=pairs)).numbers for pairs in (10, 36))
    assert many["error"] < 0.8 * few["error"]
    assert many["error"] < 1.05 * many["own error"]
    assert many["control error"] > 1.5 * many["error"]


def test_the_ratio_of_now_lies_on_the_curve():
    for pairs in (10, 16, 1000):
        found = frame(replace(VAE, pairs=pairs), 9)
        here, curve = found.panels["here"].values[0, -1], found.panels["curve"]
        live = curve.values[curve.classes.tolist().index(0)]
        assert 0 <= here[0] <= live[:, 0].max()
        after = int((live[:, 0] >= here[0] - 1e-6).nonzero()[0])
        low, high = live[max(0, after - 1)], live[after]
        share = (here[0] - low[0]) / (high[0] - low[0]).clamp(min=1e-9)
        assert torch.allclose(here[1], torch.lerp(low[1], high[1], share), atol=1e-4)
        expected = torch.log(found.numbers["ratio"]) / torch.log(torch.tensor(bridge.WORST))
        assert torch.allclose(here[1], expected.clamp(0, 1), atol=1e-5)


def test_worse_maps_stand_higher_in_the_curve():
    curve = frame(EIGEN, 30).panels["curve"]
    last = {
        kind: path[-1, 1] for kind, path in zip(curve.classes.tolist(), curve.values, strict=True)
    }
    assert last[0] < last[2]  # the mean latent
    assert last[0] < last[1]  # shuffled pairs


def test_other_pictures_are_judged_anew_and_the_same_ones_go_on():
    pulled = going(VAE, tape=[(20, {"whose": "cats alone"}), (22, {"critter": 7})])
    numbers = [next(pulled).numbers for _ in range(24)]
    assert numbers[19]["judged"] == 16
    assert numbers[20]["judged"] == 0
    assert "ratio" in numbers[19]
    assert "ratio" not in numbers[23]  # ten pairs are judged again, a thousand are not
    assert numbers[19]["picked"] == 0
    assert numbers[23]["picked"] == 1


@pytest.mark.parametrize("stop", [4, 6])  # just before other pictures are picked, and after it
def test_a_run_that_goes_on_judges_what_it_would_have_judged(stop):
    tape = [(4, {"whose": "cats alone"})]
    whole = going(replace(VAE, pairs=10), tape=list(tape))
    frames = list(islice(whole, 9))
    state = frames[stop - 1].state()
    again = going(replace(VAE, pairs=10), tape=list(tape), state=state)
    for one, other in zip(frames[stop:], islice(again, 9 - stop), strict=True):
        assert one.numbers.keys() == other.numbers.keys()
        assert torch.equal(one.panels["curve"].values, other.panels["curve"].values)


def test_a_network_of_another_world_is_refused_with_those_that_fit():
    mixed = replace(EIGEN, other="critters-vae")
    with pytest.raises(SettingError, match=r"draws critters.*one of Eigendigits\."):
        frame(mixed)
    with pytest.raises(SettingError, match=r"draws digits.*one of .*Critters, VAE"):
        frame(replace(mixed, network="critters-vae", other="digits-eigen"))


def test_the_caption_says_what_a_map_reaches_and_when_nobody_is_picked():
    settings = replace(EIGEN, whose="cats alone")
    pulled = going(settings)
    first = next(pulled)
    said = pulled.caption(settings, {k: float(v) for k, v in first.numbers.items()})
    assert said.startswith("36 pairs: ")
    assert "know nothing of cats alone: all pictures are taken." in said
    assert "M / R" not in said
    *_, later = islice(pulled, 40)
    said = pulled.caption(EIGEN, {k: float(v) for k, v in later.numbers.items()})
    assert "M / R on 48 other pictures is 1.00, shuffled " in said
    assert "know nothing" not in said
