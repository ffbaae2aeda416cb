"""Restore: what is shown is what was asked for, and what comes back is nearer to the truth."""

from dataclasses import replace

import pytest
import scipy.ndimage
import torch

from core import models, run
from core.latents import unusual
from core.latents.unseen import unseen
from core.metrics import fidelity
from core.probes import restore

NOW = restore.Settings(breathing=False)


@pytest.fixture(scope="module")
def sides():
    return {n: models.load(f"critters-ae-{n}", "generator") for n in ("denoising", "32")}


def frame(settings):
    return next(run.Run(restore, settings, run.resolve(restore, settings)))


def test_noise_and_patches_are_as_many_as_asked_for(sides):
    x = unseen(sides["32"], 5).x
    assert torch.equal(restore.disturbed(x, replace(NOW, patches=0), 0.0), x)
    few, many = (restore.disturbed(x, replace(NOW, patches=n), 0.0) for n in (1, 6))
    grey = [((y == 0.5).all(1) & (x != 0.5).any(1)).float().mean() for y in (few, many)]
    assert 0 < grey[0] < grey[1]
    grey_only = torch.full_like(x, 0.5)
    noise = restore.disturbed(grey_only, replace(NOW, patches=0), 0.4) - 0.5
    assert noise.std() == pytest.approx(0.2, rel=0.05)
    assert torch.equal(few, restore.disturbed(x, replace(NOW, patches=1), 0.0))
    assert not torch.equal(many, restore.disturbed(x, replace(NOW, patches=6, seed=1), 0.0))


def test_noise_alone_holds_nothing_of_the_critter(sides):
    one, other = (
        restore.disturbed(unseen(sides["32"], n).x, replace(NOW, subject="noise alone"), 0.7)
        for n in (2, 5)
    )
    assert torch.equal(one, other)
    x = unseen(sides["32"], 5).x
    mixed = restore.disturbed(x, replace(NOW, subject="shuffled pixels", patches=0), 0.0)
    assert torch.equal(mixed.flatten(2).sort().values, x.flatten(2).sort().values)
    assert not torch.equal(mixed, x)


def test_a_median_is_scipys():
    x = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0))
    wanted = scipy.ndimage.median_filter(
        x.numpy(), (1, 1, restore.WINDOW, restore.WINDOW), mode="mirror"
    )
    assert torch.equal(restore.median(x), torch.from_numpy(wanted))


def test_a_pass_is_there_and_back_and_two_are_two(sides):
    network = sides["denoising"]
    x = unseen(network, 5).x
    once = network.decode(network.encode(x)).clamp(0, 1)
    assert torch.allclose(restore.passed(network, x, 1), once)
    twice = network.decode(network.encode(once))
    assert torch.allclose(restore.passed(network, x, 2), twice, atol=1e-5)


def test_its_numbers_are_those_of_its_pictures(sides):
    found = frame(NOW)
    x = unseen(sides["32"], 5).x
    seen = restore.disturbed(x, NOW, NOW.noise)
    ways = {
        "quality": restore.passed(sides["denoising"], seen, 1),
        "control quality": restore.passed(sides["32"], seen, 1),
        "given quality": seen,
        "median quality": restore.median(seen),
    }
    for name, y in ways.items():
        wanted = 10 * torch.log10(1 / (y - x).square().mean())
        assert found.numbers[name] == pytest.approx(float(wanted), abs=0.01), name
    y = ways["quality"]
    usual = unusual.usual(sides["denoising"], 32)
    again = sides["denoising"].decode(sides["denoising"].encode(y))
    assert found.numbers["times usual"] == pytest.approx(
        float(usual.map(y, again).mean()), rel=1e-3
    )


def test_it_is_nearer_than_its_twin_and_a_median_on_most_critters():
    """Twelve critters under the noise and the patches of the first preset."""
    better = 0
    for number in range(12):
        said = frame(replace(NOW, critter=number)).numbers
        better += said["quality"] > max(
            said[f"{one} quality"] for one in ("control", "median", "given")
        )
    assert better >= 11


def test_the_curve_is_measured_at_each_level_and_the_point_lies_on_it(sides):
    found = unseen(sides["denoising"], 5)
    both = {"picture": sides["denoising"], "control": sides["32"]}
    curves = restore.measured(found, NOW, both)
    seen = restore.disturbed(found.x, NOW, 4 / 8)
    wanted = fidelity.psnr(restore.passed(sides["denoising"], seen, 1), found.x)[0]
    assert curves["picture"][4] == pytest.approx(float(wanted), abs=0.01)
    assert curves["picture"][-1] < curves["picture"][0]
    panels = frame(NOW).panels
    path, point = panels["quality"].values[0], panels["here"].values[0]
    assert torch.allclose(path[4], point, atol=1e-3)  # the noise is .5


def test_where_nothing_was_in_the_picture_nothing_is_compared():
    found = frame(replace(NOW, subject="noise alone"))
    assert "quality" not in found.numbers
    assert set(found.panels) == {"picture", "control", "given"}
    assert "None was in the picture" in restore.caption(NOW, found.numbers, {})
