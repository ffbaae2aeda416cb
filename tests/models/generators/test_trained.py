"""A network of the lab's own file is a generator, and its latents go there and back."""

import pytest
import torch

from core import models
from core.models import InputError, MissingWeightsError, shipped
from core.models.generators import trained
from core.networks import autoencoder, initial, shipping
from core.networks.autoencoder import Autoencoder, Form
from core.probe import Latent, SettingError

CARD = {"origin": "Drawn.", "licence": "MIT", "training_data": "None.", "accuracy": "None."}


@pytest.fixture
def module():
    found = Autoencoder(Form(5, 8, spread=True))
    initial.draw(found, 0)
    return found.requires_grad_(False)


@pytest.fixture
def generator(module, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path)
    said = {"form": {"latent": 5, "width": 8, "spread": True}, "card": CARD}
    file = shipping.pack(module.state_dict(), said)
    (tmp_path / "critters-vae.safetensors").write_bytes(file)
    return trained.load("critters-vae")


def pictures(n=3):
    return torch.rand(n, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_it_is_a_generator_by_the_contract(generator):
    assert isinstance(generator, models.Generator)
    assert generator.family == "generator"
    assert generator.latent == 5
    assert generator.card.origin == "Drawn."
    assert generator.nbytes > 4 * 8 * 3 * 16


def test_it_draws_what_the_network_in_its_file_draws(generator, module):
    weights = {name: t.half().float() for name, t in module.state_dict().items()}
    same = autoencoder.network(module.form, weights)
    z = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    y = generator.decode(z)
    assert torch.allclose(y, same.decode(z).clamp(0, 1), atol=1e-5)
    assert y.min() >= 0
    assert y.max() <= 1
    assert torch.allclose(generator.encode(pictures()), same.encode(pictures()), atol=1e-5)


def test_a_gaussian_has_the_encoders_mean_and_a_deviation(generator, module):
    mean, deviation = generator.gaussians(pictures())
    assert torch.equal(mean, generator.encode(pictures()))
    log_variance = module.gaussians(pictures())[1]
    assert torch.allclose(deviation.square().log(), log_variance, atol=0.05)


def test_a_slope_flows_through_it_to_the_latent(generator):
    z = torch.zeros(1, 5, requires_grad=True)
    (slope,) = torch.autograd.grad(generator.decode(z).mean(), z)
    assert slope.abs().max() > 0


def test_its_twin_has_other_weights_and_is_the_same_each_time(generator):
    twin = generator.twin(0)
    assert twin.fingerprint == generator.twin(0).fingerprint
    assert twin.fingerprint not in {generator.fingerprint, generator.twin(1).fingerprint}
    assert twin.latent == generator.latent


def test_what_it_cannot_read_is_refused(generator):
    with pytest.raises(InputError, match=r"reads latents \(n, 5\)"):
        generator.decode(torch.zeros(1, 3))
    with pytest.raises(InputError, match="reads pictures of 64 px"):
        generator.encode(torch.zeros(1, 3, 32, 32))
    with pytest.raises(SettingError, match="takes up to 5"):
        generator.check(Latent(of="generator", shown=9), "z", (0.0,) * 9, None)


def test_what_is_not_in_this_copy_says_how_to_make_it(generator):
    assert trained.names() == ("critters-vae",)
    with pytest.raises(MissingWeightsError, match="python -m core train critters-ae-8 -o"):
        trained.load("critters-ae-8")


def test_they_are_known_by_name_whether_they_are_here_or_not():
    for name, title in trained.TITLES.items():
        assert models.family_of(name) == "generator"
        assert models.is_here(name) == (name in models.names("generator"))
        assert title.startswith(("Critters, ", "Emoji, ", "Faces, "))
