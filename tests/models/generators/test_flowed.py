"""A VAE behind a flow draws the VAE's pictures, at the latents that the flow says."""

import pytest
import torch

from core import models
from core.models import InputError, MissingWeightsError, shipped
from core.models.generators import flowed, trained
from core.networks import flow, initial, shipping
from core.networks.autoencoder import Autoencoder
from core.networks.autoencoder import Form as Trunk
from core.networks.flow import Flow, Form

CARD = {"origin": "Drawn.", "licence": "MIT", "training_data": "None.", "accuracy": "None."}
TRUNK, FORM = {"latent": 4, "width": 8, "spread": True}, {"latent": 4, "couplings": 2, "hidden": 8}


def vae(folder, seed=0):
    module = Autoencoder(Trunk(**TRUNK))
    initial.draw(module, seed)
    file = shipping.pack(module.state_dict(), {"form": TRUNK, "card": CARD})
    (folder / "critters-vae.safetensors").write_bytes(file)


@pytest.fixture
def both(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path)
    vae(tmp_path)
    module = Flow(Form(**FORM))
    initial.draw(module, 1)
    said = {"form": FORM, "card": CARD, "of": trained.load("critters-vae").fingerprint}
    file = shipping.pack(module.state_dict(), said)
    (tmp_path / "critters-vae-flow.safetensors").write_bytes(file)
    weights, _ = shipping.unpack(file)
    return flowed.load(), trained.load("critters-vae"), flow.network(Form(**FORM), weights)


def drawn(n=3):
    return torch.randn(n, 4, generator=torch.Generator().manual_seed(0))


def test_it_is_a_generator_by_the_contract(both):
    assert isinstance(both[0], models.Generator)
    assert flowed.names() == ("critters-vae-flow",)
    assert both[0].nbytes > both[1].nbytes


def test_it_draws_the_vaes_picture_at_the_flows_latent(both):
    generator, alone, module = both
    u = drawn()
    assert torch.equal(generator.decode(u), alone.decode(module.latents(u)))
    x = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(generator.encode(x), module.normal(alone.encode(x))[0])
    assert torch.allclose(module.latents(generator.encode(x)), alone.encode(x), atol=1e-3)


def test_its_twin_has_other_pictures_at_the_same_u(both):
    generator = both[0]
    twin = generator.twin(3)
    assert twin.fingerprint == generator.twin(3).fingerprint != generator.fingerprint
    assert not torch.allclose(twin.decode(drawn()), generator.decode(drawn()), atol=0.05)


def test_what_it_cannot_read_is_refused(both):
    with pytest.raises(InputError, match=r"reads latents \(n, 4\)"):
        both[0].decode(torch.zeros(1, 3))


def test_a_flow_of_other_weights_is_refused(both, tmp_path):
    vae(tmp_path, seed=5)
    with pytest.raises(MissingWeightsError, match="belongs to other weights of Critters, VAE"):
        flowed.load()


def test_without_its_file_it_is_not_here_and_says_how_to_make_it(both, tmp_path):
    (tmp_path / "critters-vae-flow.safetensors").unlink()
    assert flowed.names() == ()
    with pytest.raises(MissingWeightsError, match="python -m core train critters-vae-flow -o"):
        flowed.load()
