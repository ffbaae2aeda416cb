"""Classifiers by the names of their libraries: what is known of them, and how they come."""

import hashlib
import io

import pytest
import torch
from safetensors.torch import save

from core import models
from core.models import fetching, loading
from core.models import pickled as pickled_door
from core.models.catalogue import Online
from core.models.classifiers import online, traced, weights
from tests.models.served import serving

TIMM = "timm/test_resnet.r160_in1k"
TORCHVISION = "torchvision/squeezenet1_1"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(loading, "_LOADED", loading._Once())
    return tmp_path


@pytest.fixture
def hub(monkeypatch):
    """Stands for the Hugging Face Hub."""
    with serving() as found:
        monkeypatch.setenv("HF_ENDPOINT", found.address)
        path = "/timm/test_resnet.r160_in1k/resolve/main/model.safetensors"
        data = save(traced.plain("timm/test_resnet").state_dict())
        found.files[path] = data
        found.told[path] = {"X-Linked-ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
        yield found


@pytest.fixture
def pickled(monkeypatch):
    """Stands for torchvision's server, with the hash of its file in the name."""
    held = io.BytesIO()
    torch.save(traced.plain(TORCHVISION).state_dict(), held)
    data = held.getvalue()
    entry = online.entry(TORCHVISION)
    with serving() as found:
        found.files["/a.pth"] = data

        def named(name: str):
            short = hashlib.sha256(data).hexdigest()[:8]
            source = Online(f"{found.address}/a.pth", short, 5, pickled=True)
            return type(entry)(**{**vars(entry), "source": source})

        monkeypatch.setattr(online, "entry", named)
        yield found


def test_what_torchvision_says_of_a_network_is_taken_over():
    entry = online.entry("torchvision/inception_v3")
    assert (entry.size, entry.mean) == (299, (0.485, 0.456, 0.406))
    assert entry.source.sha256 == "0cc3c7bd"
    assert entry.source.address.endswith("inception_v3_google-0cc3c7bd.pth")
    assert len(entry.labels()) == 1000
    assert "77.294 %" in entry.card.accuracy


def test_what_timm_says_of_a_network_is_taken_over():
    entry = online.entry("timm/tf_efficientnet_lite0.in1k")
    assert (entry.size, entry.mean, entry.deviation) == (224, (0.5,) * 3, (0.5,) * 3)
    assert entry.source.address == (
        "https://huggingface.co/timm/tf_efficientnet_lite0.in1k/resolve/main/model.safetensors"
    )
    assert entry.card.licence == "apache-2.0"
    assert entry.labels()[130] == "flamingo"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "torchvision/resnet19",
            "no network 'torchvision/resnet19': did you mean torchvision/resnet1",
        ),
        ("torchvision/resnet50.V9", "choose resnet50.IMAGENET1K_V1, resnet50.IMAGENET1K_V2"),
        ("timm/resnet18.mine", "did you mean timm/resnet18"),
        ("timm/resnette", "did you mean timm/"),
    ],
)
def test_an_unknown_name_is_answered_with_its_neighbours(name, said):
    with pytest.raises(models.UnknownNetworkError, match=said):
        models.load(name)


def test_a_network_of_timm_comes_with_progress_and_is_kept(hub, folder):
    assert not models.is_here(TIMM)
    told, said = [], []

    def report(done, total):
        told.append((done, total))
        said.append(models.progress(TIMM))

    network = models.load(TIMM, report=report)
    (size,) = map(len, hub.files.values())
    assert told[-1] == (size, size)
    assert said[-1].startswith("Fetching test_resnet.r160_in1k (timm): ")
    assert models.progress(TIMM) == ""
    assert network.first == ("layer2", 12)
    assert not any(p.suffix == ".part" for p in folder.rglob("*"))
    hub.files.clear()
    loading._LOADED._made.clear()
    assert models.is_here(TIMM)
    assert models.load(TIMM).fingerprint == network.fingerprint
    assert TIMM in [offer.name for offer in models.offers() if offer.here]


def test_pictures_are_normalised_as_its_library_says(hub):
    network, entry = models.load(TIMM), online.entry(TIMM)
    x = torch.rand(1, 3, 96, 96)
    mean, deviation = (torch.tensor(v).view(3, 1, 1) for v in (entry.mean, entry.deviation))
    assert torch.allclose(network.normalised(x).cpu(), (x - mean) / deviation, atol=1e-5)


def test_its_twin_is_drawn_and_says_whether_it_is_fair(hub):
    twin = models.random(TIMM, 0)
    assert twin.layers == models.load(TIMM).layers
    assert twin.fair != ("unfair" in twin.card.training_data)
    assert twin.fingerprint != models.load(TIMM).fingerprint


def test_a_pickle_of_torchvision_passes_after_its_hash(pickled):
    network = models.load(TORCHVISION)
    assert network.layer(network.output).channels == 1000


def test_a_pickle_with_another_hash_is_not_opened(pickled, monkeypatch):
    pickled.files["/a.pth"] += b"trouble"
    held = pickled.files["/a.pth"][:-7]
    source = Online(
        f"{pickled.address}/a.pth", hashlib.sha256(held).hexdigest()[:8], 5, pickled=True
    )
    monkeypatch.setattr(pickled_door, "read", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(models.DamagedWeightsError, match="not the file that its library names"):
        weights._of_online(online.entry(TORCHVISION), source, fetching.silent)


def test_a_pickle_without_a_known_hash_is_not_opened(pickled, monkeypatch):
    monkeypatch.setattr(pickled_door, "read", lambda *_: pytest.fail("it was opened"))
    source = Online(f"{pickled.address}/a.pth", "", 5, pickled=True)
    with pytest.raises(models.DamagedWeightsError, match="no whole safetensors file"):
        weights._of_online(online.entry(TORCHVISION), source, fetching.silent)


def test_without_a_network_it_is_said_and_tried_again(hub, monkeypatch):
    away = hub.address
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(models.UnreachableError, match=r"could not be fetched from 127.0.0.1:9"):
        models.load(TIMM)
    monkeypatch.setenv("HF_ENDPOINT", away)
    assert models.load(TIMM).labels[130] == "flamingo"


def test_what_was_asked_for_longest_ago_is_given_up_first(monkeypatch):
    class Large:
        nbytes = loading.MOST // 2

    once = loading._Once()
    for key in ("a", "b", "c"):
        once.get(key, Large)
    assert [key in once for key in ("a", "b", "c")] == [False, True, True]
