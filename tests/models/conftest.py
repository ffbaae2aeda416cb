"""Trained networks on every device that is here, and timm's own beside them."""

import functools
import hashlib
import io
from importlib import metadata
from pathlib import Path

import pytest
import timm
import torch

from core.models import loading
from core.models.catalogue import CATALOGUE

HERE = ["cpu"]
if torch.cuda.is_available():
    HERE.append("cuda")
if torch.backends.mps.is_available():
    HERE.append("mps")


@functools.cache
def _plain(name):
    entry = CATALOGUE[name]
    path = metadata.distribution(entry.source.name).locate_file(entry.source.file)
    data = Path(str(path)).read_bytes()
    assert hashlib.sha256(data).hexdigest() == entry.source.sha256
    saved = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    network = timm.create_model(entry.architecture)
    network.load_state_dict(dict(zip(network.state_dict(), saved.values(), strict=True)))
    return network.eval().requires_grad_(False)


@functools.cache
def _loaded(name, device):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "device", lambda: torch.device(device))
        return loading._trained(name, CATALOGUE[name])


@pytest.fixture(scope="session", params=HERE)
def on(request):
    return request.param


@pytest.fixture(scope="session")
def lite0(on):
    return _loaded("lite0", on)


@pytest.fixture(scope="session", params=["lite0", "lite2"])
def network(request, on):
    return _loaded(request.param, on)


@pytest.fixture(scope="session")
def plain():
    """The network as timm builds it, by name: norms apart, activations in place."""
    return _plain


@pytest.fixture
def x():
    return torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
