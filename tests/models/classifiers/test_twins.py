"""A random twin is a fair control: the same architecture, activations of the trained size."""

import pytest
import torch

from core import models, pictures
from core.models import loading
from core.models.catalogue import CATALOGUE
from core.models.classifiers import twins

ARCHITECTURE = CATALOGUE["lite0"].architecture


@pytest.fixture(scope="module", autouse=True)
def cache_folder(tmp_path_factory):
    """A cache of our own: what is tested is drawn by the code of today."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("twins")
        patch.setenv("LAB_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def drawn(cache_folder):
    return twins.random_twin(models.load("lite0"), ARCHITECTURE, 0)


@pytest.fixture(scope="module", params=["lite0", "lite2"])
def pair(request, cache_folder):
    name = request.param
    return models.load(name), loading._random(name, CATALOGUE[name], 0)


def photographs(network, side=224):
    shelf = [pictures.square(pictures.load(name), side) for name in pictures.shipped()]
    return torch.stack(shelf).to(network.device)


@pytest.mark.parametrize("side", [160, None], ids=["160 px", "native"])
def test_each_stage_is_half_to_twice_as_large_as_the_trained_one(pair, side):
    trained, twin = pair
    assert twin.fair
    x = photographs(trained, side or trained.size)
    layers = [n for n, info in trained.layers.items() if info.kind == "stage output"]
    pairs = zip(trained.activations(x, *layers), twin.activations(x, *layers), strict=True)
    for layer, (a, b) in zip(layers, pairs, strict=True):
        assert 0.5 < (b.std() / a.std()).item() < 2, layer


def test_no_layer_of_a_twin_is_dead_or_saturated(pair):
    _, twin = pair
    for layer, a in zip(
        twin.layers, twin.activations(photographs(twin), *twin.layers), strict=True
    ):
        alive = (a.amax((0, *range(2, a.ndim))) > a.amin((0, *range(2, a.ndim)))).float().mean()
        assert alive > 0.8, layer


def test_a_twin_has_the_layers_of_its_network_and_a_name_of_its_own(pair):
    trained, twin = pair
    assert twin.layers == trained.layers
    assert (twin.name, twin.size) == (f"{trained.name}-random-0", trained.size)
    assert twin.fingerprint != trained.fingerprint
    assert "random" in twin.title
    assert "calibrated on" in twin.card.training_data


def test_a_twin_knows_nothing(pair):
    x = photographs(pair[0])
    ours, its = (n.activations(x, "classifier").argmax(1) for n in pair)
    assert (ours == its).sum() <= 1


def test_the_cache_gives_back_the_twin_that_was_drawn(cache_folder, drawn, monkeypatch):
    monkeypatch.setattr(twins, "_calibrated_twin", lambda *_: pytest.fail("it was drawn again"))
    kept = twins.random_twin(models.load("lite0"), ARCHITECTURE, 0)
    assert (kept.fair, kept.calibration) == (drawn.fair, drawn.calibration)
    assert all(torch.equal(kept.weights[n], t) for n, t in drawn.weights.items())


def test_the_same_seed_draws_the_same_twin_and_another_another(drawn, monkeypatch):
    trained = models.load("lite0")
    shelf = [pictures.read(path) for path in pictures.shipped().values()][: twins.MOST]
    again, other = (twins._calibrated_twin(trained, ARCHITECTURE, seed, shelf) for seed in (0, 1))
    assert all(torch.equal(again.weights[n], t) for n, t in drawn.weights.items())
    assert not torch.equal(other.weights["conv_stem.weight"], drawn.weights["conv_stem.weight"])


def test_drawing_leaves_the_trained_network_as_it_was(drawn):
    trained = models.load("lite0")
    hooks = sum(len(m._forward_hooks) for m in trained.module.modules())
    before = [p.clone() for p in trained.module.parameters()]
    twins._calibrated_twin(trained, ARCHITECTURE, 3, [pictures.load("cat")])
    assert sum(len(m._forward_hooks) for m in trained.module.modules()) == hooks
    assert all(torch.equal(a, b) for a, b in zip(before, trained.module.parameters(), strict=True))


def test_a_twin_that_cannot_be_calibrated_says_that_it_is_unfair(monkeypatch, cache_folder):
    monkeypatch.setattr(pictures, "shipped", dict)
    twin = twins.random_twin(models.load("lite0"), ARCHITECTURE, 0)
    assert not twin.fair
    assert "unfair" in twin.calibration
