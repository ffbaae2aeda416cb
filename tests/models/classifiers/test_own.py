"""Weights of one's own are a network like any other; what does not fit is a sentence."""

import json

import pytest
import torch
from safetensors.torch import save_file

from core import models
from core.models import UnfitWeightsError, UnknownNetworkError, loading
from core.models.classifiers import own, traced

ARCHITECTURE = "timm/test_resnet"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(loading, "_LOADED", loading._Once())
    monkeypatch.setattr(own, "_BROUGHT", {})
    (tmp_path / "networks").mkdir()
    return tmp_path / "networks"


@pytest.fixture(scope="module")
def state():
    found = traced.plain(ARCHITECTURE).state_dict()
    draw = torch.Generator().manual_seed(0)
    return {n: t + 0.01 * torch.rand(t.shape, generator=draw) if t.ndim > 1 else t
            for n, t in found.items()}  # fmt: skip


def test_a_file_in_the_folder_is_a_network_by_its_name(folder, state):
    save_file(state, folder / "test_resnet@mine.safetensors")
    assert own.names() == ["test_resnet@mine"]
    network = models.load("test_resnet@mine")
    assert network.title == "test_resnet, mine"
    assert network.labels[130] == "flamingo"
    plain = traced.plain(ARCHITECTURE)
    plain.load_state_dict(state)
    x = torch.rand(1, 3, 160, 160)
    wanted = plain(network.normalised(x.to(network.device)).cpu())
    assert torch.allclose(network.activations(x.to(network.device), "fc").cpu(), wanted, atol=1e-3)
    offered = {offer.name: offer for offer in models.offers()}
    assert offered["test_resnet@mine"].here


def test_links_tell_other_weights_apart(folder, state):
    save_file(state, folder / "test_resnet@a.safetensors")
    save_file(state | {"fc.bias": state["fc.bias"] + 1}, folder / "test_resnet@b.safetensors")
    a, b = (models.load(f"test_resnet@{name}").fingerprint for name in "ab")
    assert a != b


def test_a_file_from_anywhere_is_brought(tmp_path, state):
    save_file(state, tmp_path / "run 7.safetensors", metadata={"architecture": ARCHITECTURE})
    name = models.bring(tmp_path / "run 7.safetensors")
    assert name == "timm/test_resnet@run-7"
    assert models.load(name).name == name
    save_file(state, tmp_path / "test_resnet@8.safetensors")
    assert models.bring(tmp_path / "test_resnet@8.safetensors") == "timm/test_resnet@8"


def test_it_may_have_classes_of_its_own(folder, state):
    few = state | {"fc.weight": state["fc.weight"][:3], "fc.bias": state["fc.bias"][:3]}
    save_file(few, folder / "test_resnet@few.safetensors")
    assert models.load("test_resnet@few").labels == ("class 0", "class 1", "class 2")
    told = {"labels": json.dumps(["owl", "fox", "hare"])}
    save_file(few, folder / "test_resnet@named.safetensors", metadata=told)
    assert models.load("test_resnet@named").labels == ("owl", "fox", "hare")


def test_halves_are_read_as_floats(folder, state):
    halves = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
    save_file(halves, folder / "test_resnet@half.safetensors")
    network = models.load("test_resnet@half")
    assert next(network.module.parameters()).dtype == torch.float32


def test_its_twin_is_drawn(folder, state):
    save_file(state, folder / "test_resnet@mine.safetensors")
    assert models.random("test_resnet@mine", 0).layers == (models.load("test_resnet@mine").layers)


def without(state, *names):
    return {name: t for name, t in state.items() if name not in names}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: without(s, "conv1.0.weight"), r"lacks 1 of .* timm/test_resnet: conv1.0.weight"),
        (lambda s: s | {"extra": torch.zeros(2)}, r"beside those of timm/test_resnet, extra"),
        (
            lambda s: s | {"fc.bias": torch.zeros(7)},
            r"fc.bias is \(7,\) in this file and \(1000,\)",
        ),
        (lambda s: s | {"fc.bias": s["fc.bias"] * torch.nan}, r"not finite.*earlier checkpoint"),
    ],
    ids=["missing", "extra", "shape", "nan"],
)
def test_what_does_not_fit_is_said_with_the_file_and_the_tensor(folder, state, change, said):
    save_file(change(state), folder / "test_resnet@bad.safetensors")
    with pytest.raises(UnfitWeightsError, match=rf"^test_resnet@bad.safetensors: .*{said}"):
        models.load("test_resnet@bad")


@pytest.mark.parametrize(("cut", "said"), [(5, "no whole safetensors"), (100_000, "copy it again")])
def test_a_truncated_file_is_said(folder, state, cut, said):
    path = folder / "test_resnet@cut.safetensors"
    save_file(state, path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UnfitWeightsError, match=said):
        models.load("test_resnet@cut")


@pytest.mark.parametrize("name", ["test_resnet@p.safetensors", "p.pth"])
def test_a_pickle_is_refused_unread_whatever_it_is_called(folder, name, monkeypatch):
    torch.save({"a": torch.zeros(2)}, folder / name)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(UnfitWeightsError, match=r"is a pickle.*safetensors only"):
        models.bring(folder / name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet18@none", r"There is no network 'resnet18@none'.*ARCHITECTURE@NAME.safetensors"),
        ("../etc@passwd", "There is no network"),
        ("timm/../../etc@passwd", "There is no network"),
    ],
)
def test_a_name_without_a_file_says_where_files_go(name, said):
    with pytest.raises(UnknownNetworkError, match=said):
        models.load(name)


def test_an_unknown_architecture_is_answered_with_its_neighbours(folder, state):
    save_file(state, folder / "test_resnette@mine.safetensors")
    with pytest.raises(UnknownNetworkError, match="did you mean timm/test_resnet"):
        models.load("test_resnette@mine")
    assert "test_resnette@mine" not in [offer.name for offer in models.offers()]
