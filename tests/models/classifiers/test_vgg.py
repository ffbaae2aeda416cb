"""VGG16's trunk gives what the file says, and the file is what it was fetched as."""

import io
import threading

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core import models, pictures, run
from core.models import NoClassesError, cache, fetching, loading
from core.models.catalogue import CATALOGUE
from core.models.classifiers import vgg
from core.probes import dream, features

ENTRY = CATALOGUE["vgg16-edges"]
NARROW = 4, 6, 8, 10, 12  # channels of a block in the stand-in
MEANS = 122.679, 116.669, 104.007  # of red, green and blue, as Caffe has them


def keras(widths=NARROW) -> bytes:
    """A file like the package's, with few channels."""
    draw, held, before = np.random.default_rng(0), io.BytesIO(), 3
    with h5py.File(held, "w") as file:
        for block, ((_, count), width) in enumerate(zip(vgg.BLOCKS, widths, strict=True), 1):
            for number in range(count):
                of = f"block{block}/layers/conv2d{f'_{number}' if number else ''}/vars"
                spread = np.sqrt(2 / (9 * before)) / (100 if before == 3 else 1)
                kernel = draw.normal(0, spread, (3, 3, before, width))
                file[f"{of}/0"] = kernel.astype("float32")
                file[f"{of}/1"] = draw.normal(0, 0.1, width).astype("float32")
                before = width
        file["fuse/vars/0"] = np.zeros((1, 1, 5, 1), "float32")
    return held.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A cache of our own, networks of our own, and a stand-in for what would be fetched."""
    with pytest.MonkeyPatch.context() as patch:
        found = tmp_path_factory.mktemp("vgg")
        patch.setenv("LAB_CACHE", str(found))
        patch.setattr(loading, "_LOADED", loading._Once())
        patch.setattr(fetching, "wheel", lambda *_: keras())
        yield found


@pytest.fixture(scope="module")
def network(folder):
    return models.load("vgg16-edges")


@pytest.fixture
def x():
    return torch.rand(2, 3, 50, 35, generator=torch.Generator().manual_seed(0))


def by_hand(x, data):
    """The trunk as HED runs it, straight from the file: BGR minus mean, pools that round up."""
    means = torch.tensor(MEANS).view(3, 1, 1)
    y, found = (255 * x - means).flip(1), {}
    with h5py.File(io.BytesIO(data)) as file:
        for block, (_, count) in enumerate(vgg.BLOCKS, 1):
            for number in range(count):
                of = f"block{block}/layers/conv2d{f'_{number}' if number else ''}/vars"
                kernel = torch.from_numpy(file[f"{of}/0"][()]).permute(3, 2, 0, 1)
                y = F.conv2d(y, kernel, torch.from_numpy(file[f"{of}/1"][()]), padding=1)
                found[f"conv{block}_{number + 1}"] = y
                y = found[f"relu{block}_{number + 1}"] = y.relu()
            y = F.max_pool2d(y, 2, ceil_mode=True)
    return found


def test_every_layer_is_what_a_loop_over_the_file_gives(network, x):
    wanted = by_hand(x, keras())
    found = network.activations(x.to(network.device), *network.layers)
    for name, a in zip(network.layers, found, strict=True):
        torch.testing.assert_close(a.cpu(), wanted[name], rtol=1e-4, atol=1e-4)
    assert set(network.layers) == set(wanted)


def test_slopes_are_those_of_the_loop(network, x):
    ours, theirs = (x.to(d).requires_grad_() for d in (network.device, "cpu"))
    (slope,) = torch.autograd.grad(network.activations(ours, "relu4_2").sum(), ours)
    (wanted,) = torch.autograd.grad(by_hand(theirs, keras())["relu4_2"].sum(), theirs)
    torch.testing.assert_close(slope.cpu(), wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["relu1_2", "conv2_1", "relu3_3", "relu4_3", "relu5_3"])
def test_a_position_sees_its_receptive_field_and_nothing_else(network, name):
    even = {
        n: torch.full(t.shape, 1 / t[0].numel()) if t.ndim > 1 else torch.zeros(t.shape)
        for n, t in network.module.state_dict().items()
    }
    module, info = vgg.network(even).double(), network.layer(name)
    upto = module[: list(module._modules).index(name) + 1]
    x = torch.full((3, 1, 400), 0.5, dtype=torch.float64)
    raised = x + torch.eye(400, dtype=torch.float64)[:, None, None]  # one column at a time
    # a pool passes the slope to one of equal values: raised instead of differentiated
    middle = upto(torch.cat([x[None], raised])).sum(1)[:, 0]
    middle = middle[:, middle.shape[1] // 2]
    reached = (middle[1:] > middle[0]).nonzero().flatten()
    assert (reached[-1] - reached[0] + 1).item() == info.receptive_field
    assert 400 / upto(x[None]).shape[3] == pytest.approx(info.stride, rel=0.1)


def test_kinds_are_named_and_a_relu_knows_what_it_clips(network):
    info = network.layer("relu3_3")
    assert (info.kind, info.before, info.channels) == ("stage output", "conv3_3", 8)
    assert network.layer("relu3_2").kind == "ReLU map"
    assert network.layer("conv3_2").kind == "pre-activation"


def test_it_knows_no_classes_and_says_so(network):
    assert (network.output, network.labels) == ("", ())
    with pytest.raises(NoClassesError, match=r"VGG16, edges knows no classes: choose a unit"):
        network.classifier()
    there = {"layer": "relu2_2", "unit": 0, "other_unit": 1}
    settings = features.Settings(network="vgg16-edges", target="class", **there)
    with pytest.raises(NoClassesError):
        next(run.Run(features, settings, run.resolve(features, settings)))


def test_its_card_never_calls_it_imagenets(network):
    card = network.card
    assert "fine-tuned for edges (HED" in card.origin
    assert "conv2_2" in card.accuracy
    assert "conv5_1" in card.accuracy
    assert "VGG16 ImageNet" not in " ".join(vars(card).values()) + network.title
    assert "Not measured here" in card.accuracy


def test_its_twin_is_fair_without_a_norm(network):
    twin = models.random("vgg16-edges", 0)
    assert twin.fair
    assert twin.layers == network.layers
    assert twin.card.accuracy == "It has no classes."
    x = torch.stack([pictures.square(pictures.load(p), 96) for p in ("cat", "bee", "mountain")])
    for name in ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"):
        ours, its = (n.activations(x.to(network.device), name).std() for n in (network, twin))
        assert 0.5 < its / ours < 2, name


def test_it_is_fetched_once(network, folder, monkeypatch):
    monkeypatch.setattr(fetching, "wheel", lambda *_: pytest.fail("it was fetched again"))
    monkeypatch.setattr(loading, "_LOADED", loading._Once())
    assert models.is_here("vgg16-edges")
    again = models.load("vgg16-edges")
    assert again.fingerprint == network.fingerprint
    assert any(path.name.startswith("vgg16-edges-8f22d716110ec4f4") for path in folder.iterdir())


QUICK = {
    "features": features.Settings(
        network="vgg16-edges", layer="relu3_2", unit=3, canvas=48, view=32, steps=3
    ),
    "dream": dream.Settings(
        network="vgg16-edges", layer="relu3_3", second_layer="relu2_2", size=64, octaves=1, steps=3
    ),
}


@pytest.mark.parametrize("probe", [features, dream], ids=["features", "dream"])
def test_a_probe_runs_on_it_and_goes_on_from_its_state(network, probe):
    settings = QUICK[probe.__name__.rsplit(".", 1)[-1]]
    resources = run.resolve(probe, settings)
    going = run.Run(probe, settings, resources)
    state = next(going).state()  # copied before the next step, as the stage does
    rest = [next(going).panels for _ in range(2)]
    again = run.Run(probe, settings, resources, state=state)
    for panels in rest:
        for name, panel in next(again).panels.items():
            assert isinstance(panel, str) or torch.equal(panel, panels[name])


def test_two_threads_each_get_what_they_get_alone(network, x):
    alone = [network.activations(x.to(network.device), name) for name in ("relu2_1", "relu5_1")]
    found, both = {}, threading.Barrier(2)

    def read(name):
        both.wait()
        found[name] = [network.activations(x.to(network.device), name) for _ in range(10)]

    threads = [threading.Thread(target=read, args=(n,)) for n in ("relu2_1", "relu5_1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, wanted in zip(("relu2_1", "relu5_1"), alone, strict=True):
        assert all(torch.equal(a, wanted) for a in found[name])


CACHE = cache.folder()  # the stand-in of the other tests has another
HERE = cache.is_kept(f"vgg16-edges-{ENTRY.source.sha256[:16]}-1")


@pytest.mark.skipif(not HERE, reason="python -m core fetch vgg16-edges brings the real file")
def test_the_real_file_is_as_silent_as_its_card_says(monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(CACHE))
    real = loading._trained("vgg16-edges", ENTRY)
    names = sorted(pictures.shipped())[:4]
    x = torch.stack([pictures.square(pictures.load(name), 160) for name in names])
    shares = {
        name: (a.amax((0, 2, 3)) == 0).float().mean().item()
        for name in ("relu1_1", "relu2_2", "relu3_1", "relu3_3", "relu4_1", "relu5_1")
        for a in [real.activations(x.to(real.device), name)]
    }
    assert real.layer("relu5_3").channels == 512
    assert 0.3 < shares["relu2_2"] < 0.5
    assert 0.3 < shares["relu5_1"] < 0.6
    assert 0.1 < shares["relu3_3"] < 0.3
    assert max(shares[n] for n in ("relu1_1", "relu3_1", "relu4_1")) < 0.1
