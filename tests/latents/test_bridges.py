"""A bridge is learned from some pictures and judged on others, and its nulls beside it."""

import pytest
import torch

from core import models
from core.latents import bridges, maps, spaces
from core.latents.bridges import MAP, MEAN, PIXELS, SHUFFLED, UNTRAINED, Bridge
from core.metrics import fidelity, ridge
from core.worlds import critters, digits


@pytest.fixture(scope="module")
def eigen():
    generator = models.load("digits-eigen", "generator")
    return Bridge(generator, generator)


@pytest.fixture(scope="module")
def vae():
    generator = models.load("critters-vae", "generator")
    return Bridge(generator, generator)


@pytest.fixture(scope="module")
def whole(eigen):
    """The sums after everything on the agenda of the digits."""
    sums = bridges.unjudged()
    for number in range(len(bridges.agenda(eigen))):
        sums = bridges.advanced(eigen, sums, number)
    return sums


def test_no_map_is_learned_from_what_it_is_judged_on(vae, eigen):
    for bridge, count in ((vae, 512), (eigen, 64)):
        held = set(bridges.held(bridge))
        assert len(held) == count
        for seed in range(3):
            other = Bridge(bridge.network, bridge.other, seed=seed)
            order = bridges.support(other).tolist()
            assert not held & set(order)
            assert len(set(order)) == len(order) == bridges.sizes(other)[-1]
    assert bridges.sizes(vae) == bridges.SIZES
    assert bridges.sizes(eigen) == (10, 25, 36)


def test_the_pairs_are_of_whom_was_picked(vae):
    factors = critters.sample(2048, seed=critters.KNOWN)
    for whose, column, value in (
        ("cats alone", "species", 0),
        ("dogs alone", "species", 1),
        ("those with glasses", "glasses", 1),
        ("those without", "glasses", 0),
    ):
        order = bridges.support(Bridge(vae.network, vae.other, whose))
        assert len(order) > 300
        assert set(factors[column][order].tolist()) == {value}
    dark, light = (
        factors["dark"][bridges.support(Bridge(vae.network, vae.other, whose))]
        for whose in ("dark ones", "light ones")
    )
    assert dark.min() >= light.max()


def test_who_is_picked_means_nothing_where_nobody_knows_it(eigen):
    cats = Bridge(eigen.network, eigen.other, "cats alone")
    assert not bridges.is_picked(cats)
    assert torch.equal(bridges.support(cats), bridges.support(eigen))


def test_the_ratio_is_that_of_the_whole(eigen, whole):
    x = digits.held_out()[:64].mul(255).round() / 255
    known = spaces.known(eigen.network).z
    order, draw = bridges.support(eigen), eigen.network.decode
    for at, pairs in enumerate(bridges.sizes(eigen)):
        z = known[order[:pairs]]
        for kind, affine in (
            (MAP, maps.fitted(z, z)),
            (SHUFFLED, maps.from_shuffled_pairs(z, z, seed=0)),
        ):
            mapped = draw(ridge.predicted(known[:64], affine))
            expected = fidelity.map_ratio(x, mapped, draw(known[:64]))
            assert float(bridges.ratios(eigen, whole)[kind, at]) == pytest.approx(
                expected, rel=1e-4
            )
    mean = draw(known[order].mean(0)[None]).expand(64, -1, -1, -1)
    expected = fidelity.map_ratio(x, mean, draw(known[:64]))
    assert bridges.ratios(eigen, whole)[MEAN].tolist() == pytest.approx([expected] * 3, rel=1e-4)


def test_a_space_leads_into_itself_and_its_nulls_lead_nowhere(eigen, whole):
    found = bridges.ratios(eigen, whole)[:, -1]
    assert float(found[MAP]) == pytest.approx(1, abs=0.01)
    assert float(found[PIXELS]) == pytest.approx(1, abs=0.01)  # the eigendigits are of pixels
    assert float(found[SHUFFLED]) > 0.9 * float(found[MEAN]) > 2
    assert float(found[UNTRAINED]) > 1.5 * float(found[MAP])


def test_all_is_judged_once_on_every_held_out_picture(eigen, whole):
    assert (whole[1, :, :3] > 0).sum() == 4 * 3 + 1
    assert torch.equal(whole[1, MAP, :3], whole[1, UNTRAINED, :3])
    own = eigen.network.decode(spaces.known(eigen.network).z[:64])
    x = digits.held_out()[:64].mul(255).round() / 255
    assert float(whole[1, MAP, 0]) == pytest.approx(float(fidelity.mean_squares(x, own).sum()))
    end = len(bridges.agenda(eigen))
    assert bridges.judged(eigen, end) == 64
    assert bridges.judged(eigen, 0) == 0
    assert torch.equal(bridges.advanced(eigen, whole, end), whole)


def test_what_is_read_without_learning_is_read_by_the_twin(eigen):
    order = bridges.support(eigen)
    x = digits.held_out()[order].mul(255).round() / 255
    z, target = eigen.network.twin(0).encode(x), spaces.known(eigen.network).z[order]
    expected = maps.fitted(z, target)
    found = bridges.learned(eigen, UNTRAINED, len(order))
    torch.testing.assert_close(found.weights, expected.weights, rtol=1e-3, atol=1e-4)


def test_pixels_are_as_many_principal_components_of_the_same_pictures(vae):
    components = models.load("critters-pca", "generator")
    order = bridges.support(vae)[:40]
    x = bridges._painted(vae.network, tuple(order.tolist()))
    z = components.encode(x.to(components.device)).cpu() * components.deviations.cpu()
    expected = maps.fitted(z[:, :64], spaces.known(vae.network).z[order])
    found = bridges.learned(vae, PIXELS, 40)
    assert found.weights.shape == (64, 64)
    assert torch.allclose(found.weights, expected.weights, atol=0.02)


def test_pictures_are_those_whose_latents_are_known(vae):
    which = (0, 700, 2047)
    x = bridges._painted(vae.network, which)
    z = vae.network.encode(x.to(vae.network.device)).cpu()
    assert torch.allclose(z, spaces.known(vae.network).z[list(which)], atol=0.05)


def test_between_two_sizes_the_ratio_goes_straight_in_logarithms(eigen):
    known = torch.tensor([8.0, 2.0, 1.0], dtype=torch.float64)
    assert bridges.between(eigen, known, 10) == 8
    assert bridges.between(eigen, known, 25) == 2
    assert bridges.between(eigen, known, 36) == 1
    assert bridges.between(eigen, known, 16) == pytest.approx(
        8 ** (1 - 0.5129) * 2**0.5129, rel=1e-3
    )  # log 1.6 / log 2.5
    known[1] = torch.nan
    assert bridges.between(eigen, known, 16) != bridges.between(eigen, known, 16)  # not judged yet
