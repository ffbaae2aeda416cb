"""Networks by name: loaded once, whoever asks; the card says what they reached."""

import threading
import time

import pytest

from core import models
from core.models import devices, loading


def test_the_networks_that_there_are_can_be_loaded():
    known = ("lite0", "lite2", "lite0-robust", "vgg16-edges", "digits", "digits-linear")
    assert models.names() == known
    for name in ("lite0", "lite2", "lite0-robust"):  # what is not fetched is tested with a stand-in
        network = models.load(name)
        assert network.name == name
        assert network.device.type == models.device().type
        assert network.layer(network.output).channels == len(network.labels) == 1000


@pytest.mark.parametrize("ask", [models.load, lambda name: models.random(name, 0)])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lite9", "There is no network 'lite9': did you mean lite"),
        (
            "resnet50",
            "There is no network 'resnet50': choose lite0, lite2, .* as torchvision/resnet18",
        ),
    ],
)
def test_an_unknown_network_is_answered_with_those_that_there_are(ask, name, said):
    with pytest.raises(models.UnknownNetworkError, match=said):
        ask(name)


def test_a_network_is_loaded_once_for_all_who_ask():
    made, once, got = [], loading._Once(), []

    def make():
        time.sleep(0.05)
        made.append(1)
        return object()

    threads = [threading.Thread(target=lambda: got.append(once.get("a", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(set(map(id, got))) == 1


def test_a_slow_network_keeps_nobody_from_another():
    once, inside, done = loading._Once(), threading.Event(), threading.Event()

    def slow():
        inside.set()
        assert done.wait(5)
        return object()

    thread = threading.Thread(target=lambda: once.get("slow", slow))
    thread.start()
    assert inside.wait(5)
    once.get("quick", object)
    done.set()
    thread.join()


def test_what_could_not_be_loaded_is_tried_again():
    once = loading._Once()

    def missing():
        raise models.MissingWeightsError("not here")

    with pytest.raises(models.MissingWeightsError):
        once.get("a", missing)
    assert once.get("a", lambda: "here") == "here"


def test_no_two_classes_share_a_name():
    labels = models.load("lite0").labels
    assert len({label.lower() for label in labels}) == 1000
    assert (labels[130], labels[207], labels[517]) == (
        "flamingo", "golden retriever", "crane (machine)",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["lite0", "lite2"])
def test_a_card_says_where_from_by_which_licence_and_how_good(name):
    card = models.load(name).card
    assert "Apache-2.0" in card.licence
    assert "ImageNet" in card.training_data
    assert "of 200 ImageNet photographs" in card.accuracy
    assert "0.1.0" in card.origin


def test_fingerprints_tell_networks_apart():
    found = {models.load(n).fingerprint for n in ("lite0", "lite2")}
    found |= {models.random("lite0", 0).fingerprint}
    assert len(found) == 3
    assert all(len(f) == 16 for f in found)


@pytest.fixture
def choice(monkeypatch):
    devices.device.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    devices.device.cache_clear()


def test_the_device_can_be_named(choice):
    choice.setenv("LAB_DEVICE", "CPU")
    assert devices.device().type == "cpu"


@pytest.mark.parametrize("name", ["tpu", "cuda", "mps:0"])
def test_a_device_that_is_not_here_is_answered_with_those_that_are(choice, name):
    choice.setattr(
        devices, "_HERE", {"cuda": lambda: False, "mps": lambda: False, "cpu": lambda: True}
    )
    choice.setenv("LAB_DEVICE", name)
    with pytest.raises(models.DeviceError, match=f"'{name}' is not here: choose cpu"):
        devices.device()
