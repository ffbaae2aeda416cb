"""Fool turns answers inside its ball, in files, and says what it did not do."""

from itertools import islice

import pytest
import torch

from core import attacks, models, pictures, run
from core.attacks import comparison, landscape
from core.attacks.defences import DEFENCES
from core.priors import views
from core.probe import SettingError, declared
from core.probes import fool

WANTED = "probability of what is wanted"
SMALL = {"size": 96, "landscape": 0, "steps": 4, "second": "lite0", "third": "lite0"}
LITE0 = {"network": models.load("lite0")}


def frames(tape=(), **changes):
    settings = fool.Settings(**{**SMALL, **changes})
    found = run.Run(fool, settings, run.resolve(fool, settings), tape=list(tape))
    return settings, list(found)


def said(settings, frame):
    return fool.caption(settings, {name: float(v) for name, v in frame.numbers.items()}, LITE0)


@pytest.mark.parametrize("attack", declared(fool.Settings)["attack"].kind.options)
def test_every_attack_ends_in_a_picture_of_whole_levels_that_is_scored_as_its_file(attack):
    """The number that is shown is what the network makes of the PNG."""
    settings, found = frames(attack=attack, aim="anything else", control=False)
    last = found[-1]
    x = pictures.read(pictures.png(last.panels["picture"]))
    assert torch.equal(x, last.panels["picture"])
    network = models.load("lite0")
    with torch.no_grad():
        p = network.activations(x[None], network.output).softmax(1)[0]
    assert float(last.numbers["its probability"]) == pytest.approx(float(p.max()), abs=1e-5)
    assert len(found) == fool.length(settings, {}) + 2 + len(DEFENCES)


def test_no_value_leaves_the_ball_of_now():
    tape = [(2, {"epsilon": 6}), (4, {"epsilon": 1})]
    _, found = frames(tape, steps=6, aim="anything else", step_size=1.0)
    moves = [int(frame.numbers["largest move, levels"]) for frame in found]
    assert max(moves[:3]) <= 2
    assert max(moves[:5]) == 6
    assert max(moves[5:]) <= 1


def test_after_the_attack_the_slider_goes_back_along_its_change():
    end = 4
    _, found = frames([(end + 2, {"epsilon": 1})], aim="anything else", epsilon=4)
    before, after = found[end + 1], found[end + 2]
    small = (after.panels["picture"] - before.panels["picture"]).abs() * 255
    assert int(before.numbers["largest move, levels"]) == 4
    assert int(after.numbers["largest move, levels"]) == 1
    assert small.max() <= 3.01


def test_a_bee_becomes_a_school_bus_and_as_much_noise_does_not():
    settings, found = frames(steps=14, epsilon=4, size=128)
    assert found[-1].numbers[WANTED] > 0.9
    assert found[-1].numbers[f"control {WANTED}"] < 0.1
    assert said(settings, found[-1]).startswith("Called school bus (")
    assert "no value moved by more than 4 of 255" in said(settings, found[-1])


def test_an_answer_that_is_wrong_already_is_named():
    settings, found = frames(shows="a label", label=281, aim="anything else", steps=1)
    assert "calls this daisy, not tabby: it is wrong already" in said(settings, found[0])


def test_a_target_that_is_the_answer_already_is_named():
    settings, found = frames(target=985, steps=1)
    assert "calls this daisy before any change: choose another class" in said(settings, found[0])


def test_a_class_that_does_not_exist_is_refused():
    with pytest.raises(SettingError, match="target = 1000 is out of range"):
        frames(target=1000)


@pytest.mark.parametrize("attack", ["Square", "DeepFool"])
def test_a_ball_that_an_attack_does_not_know_is_named(attack):
    with pytest.raises(SettingError, match=f"{attack} has no ball of L1: choose Linf or L2"):
        frames(attack=attack, norm="L1")


def test_a_network_without_classes_says_so():
    with pytest.raises(LookupError, match="knows no classes"):
        frames(network="vgg16-edges")


def test_a_radius_of_nought_changes_nothing():
    _, found = frames(epsilon=0, steps=2)
    assert all(frame.numbers["values moved"] == 0 for frame in found)
    assert all(torch.isfinite(frame.numbers[WANTED]) for frame in found)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_black_and_white_pictures_are_attacked_too(level):
    settings = fool.Settings(**{**SMALL, "aim": "anything else", "epsilon": 8})
    resources = run.resolve(fool, settings) | {"picture": torch.full((3, 40, 50), level)}
    for frame in islice(run.Run(fool, settings, resources), 4):
        assert frame.panels["picture"].shape == (3, 96, 96)
        assert (frame.panels["picture"] - level).abs().max() <= 8 / 255 + 1e-6


def test_an_attack_that_knows_of_the_blur_gets_through_it():
    blind, knowing = (
        frames(defence="blur", adaptive=a, steps=8)[1][8].numbers[WANTED] for a in (False, True)
    )
    assert knowing > 2 * blind


def test_the_attack_does_not_see_a_defence_that_it_does_not_know_of():
    bare, behind = (frames(defence=d, steps=3)[1][3].panels["picture"] for d in ("none", "JPEG"))
    assert torch.equal(bare, behind)


@pytest.mark.parametrize("name", sorted(DEFENCES))
def test_a_defence_keeps_the_size_and_lets_a_slope_through(name):
    x = torch.rand(2, 3, 40, 40, generator=views.generator(1)).requires_grad_()
    y = DEFENCES[name](x, "draw")
    assert y.shape == x.shape
    assert not torch.equal(y, x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert slope.abs().sum() > 0


@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
def test_the_noise_beside_it_is_as_large(norm):
    x = pictures.eight_bit(torch.rand(2, 3, 24, 24, generator=views.generator(2)))
    y = attacks.grid.rounded(x, 0.01 * torch.randn(x.shape, generator=views.generator(3)), norm)
    noisy = comparison.noise(x, y, norm, 0)
    sizes = [attacks.grid.distance(x, one, norm) for one in (y, noisy)]
    torch.testing.assert_close(*sizes, rtol=0.05, atol=1e-6)
    assert (sizes[1] <= sizes[0] * (1 + 1e-6)).all()
    assert attacks.grid.is_on(noisy).sum() == 0


def test_the_directions_of_a_slice_are_at_a_right_angle_and_as_long():
    change = torch.randn(3, 8, 8, generator=views.generator(4))
    one, other = landscape.directions(change, 0)
    assert torch.equal(one, change)
    torch.testing.assert_close(other.norm(), change.norm())
    assert abs(float((one * other).sum())) < 1e-3


@pytest.mark.parametrize("side", [1, 2, 3, 8, 11])
def test_a_slice_asks_about_every_point_once_and_the_coarse_ones_first(side):
    order = landscape.order(side)
    assert sorted(order) == [(r, c) for r in range(side) for c in range(side)]
    if side == 8:
        assert set(order[:4]) == {(r, c) for r in (0, 4) for c in (0, 4)}


def test_a_slice_goes_through_both_pictures():
    x = torch.full((3, 4, 4), 0.5)
    both = landscape.directions(0.1 * torch.randn(3, 4, 4, generator=views.generator(5)), 0)
    at = landscape.points(x, both, [(2, 1), (2, 3)], 5)
    torch.testing.assert_close(at[0], x)
    torch.testing.assert_close(at[1], x + both[0])


def test_a_slice_is_warm_where_it_fools_and_pale_where_it_is_not_known():
    values = torch.full((4, 4), torch.inf)
    values[0, 0], values[0, 2], values[2, 0] = 9.0, -9.0, -9.0
    shown = landscape.painted(values)
    step = landscape.PIXELS
    warm, cold = (shown[:, r * step + 2, c * step + 2] for r, c in ((1, 1), (0, 3)))
    assert warm[0] > warm[2] + 0.3
    assert cold[2] > cold[0] + 0.3
    paper = landscape.painted(torch.full((4, 4), torch.inf))[:, 0, 0]
    assert torch.allclose(paper, torch.full((3,), landscape.PAPER))
