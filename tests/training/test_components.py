"""The principal components of critters are scikit-learn's, and come back from their file."""

import pytest
import torch
from sklearn.decomposition import PCA

from core.models import Generator, InputError, MissingWeightsError, shipped
from core.models.generators import eigen
from core.training import components, portraits
from core.worlds import critters

TINY = components.Recipe(count=4, data=96, held_out=64)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("components") / f"{eigen.CRITTERS}.safetensors"
    list(components.train(TINY, out=path))
    return path


@pytest.fixture
def found(file, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS", file.parent)
    return eigen.critters()


def learned():
    *_, seen = _all(portraits.read(portraits.LEARNED, TINY.data))
    return seen.pixels.flatten(1).double() / 255


def _all(going):
    while True:
        try:
            next(going)
        except StopIteration as end:
            yield end.value
            return


def test_they_are_those_of_scikit_learn(found):
    x = learned()
    theirs = PCA(TINY.count, svd_solver="full").fit(x.numpy())
    pictures = x.view(-1, 3, 64, 64).float()
    ours = found.decode(found.encode(pictures)).flatten(1)
    there = torch.from_numpy(theirs.inverse_transform(theirs.transform(x.numpy()))).clamp(0, 1)
    assert (ours - there).abs().max() < 0.02
    z = found.encode(pictures)
    assert torch.allclose(z.std(0), torch.ones(TINY.count), atol=0.02)
    assert z.mean(0).abs().max() < 0.02


def test_it_is_a_generator_that_knows_critters(found):
    assert isinstance(found, Generator)
    known = found.known["independent"]
    factors = critters.sample(len(known.z), seed=critters.KNOWN)
    assert torch.equal(known.values["dark"], factors["dark"])
    x = critters.render({n: f[:3] for n, f in factors.items()}, parts=False, landmarks=False).image
    assert torch.allclose(found.encode(x), known.z[:3], atol=0.01)
    assert (found.of, found.side, found.latent) == ("critters", 64, TINY.count)
    with pytest.raises(InputError, match="reads pictures of 64 px"):
        found.encode(torch.zeros(1, 3, 8, 8))


def test_its_twin_keeps_mean_and_deviations(found):
    twin, z = found.twin(1), torch.zeros(1, TINY.count)
    assert torch.allclose(twin.decode(z), found.decode(z), atol=1e-6)
    assert not torch.allclose(twin.decode(z + 1), found.decode(z + 1), atol=0.05)


def test_without_its_file_it_is_not_here_and_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path)
    assert eigen.names() == (eigen.NAME,)
    with pytest.raises(MissingWeightsError, match="python -m core train critters-pca -o"):
        eigen.critters()
