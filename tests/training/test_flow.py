"""The flow's recipe draws from the encoder's Gaussians, and its figures are leads in log p."""

import itertools
import math
from dataclasses import replace

import pytest
import torch

from core.metrics import likeness
from core.models import shipped
from core.models.generators import trained
from core.networks import flow, initial, shipping
from core.networks.autoencoder import Autoencoder
from core.networks.autoencoder import Form as Trunk
from core.networks.flow import Flow, Form
from core.priors import views
from core.training import figures, portraits
from core.training import flow as recipes
from core.training.figures import Gaussians
from core.training.learning import TrainingStopped

TINY = replace(recipes.recipe_for(is_tiny=True, steps=4), data=64, held_out=48)
CARD = {"origin": "Drawn.", "licence": "MIT", "training_data": "None.", "accuracy": "None."}


@pytest.fixture(autouse=True)
def vae(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(shipped, "WEIGHTS", tmp_path)
    module = Autoencoder(Trunk(4, 8, spread=True))
    initial.draw(module, 0)
    said = {"form": {"latent": 4, "width": 8, "spread": True}, "card": CARD}
    (tmp_path / "critters-vae.safetensors").write_bytes(shipping.pack(module.state_dict(), said))


class Pixels:
    """A few pixels as features."""

    def features(self, x):
        return 20 * x[:, :, ::16, ::16].flatten(1)


@pytest.fixture(autouse=True)
def judge(monkeypatch):
    monkeypatch.setattr(recipes.reader, "load", Pixels)


def spread(n, deviation=1.0, seed=0):
    """Gaussians whose means are normal."""
    mean = torch.randn(n, 4, generator=torch.Generator().manual_seed(seed))
    return Gaussians(deviation * mean, torch.full((n, 4), -4.0))


def begun(found):
    module = Flow(Form(4, 2, 8))
    initial.draw(module, 0)
    flow.begin(module, figures.latents(found, views.generator(0)))
    return module.requires_grad_(False)


def test_latents_are_drawn_from_their_gaussians():
    found = Gaussians(
        torch.tensor([[3.0, -1.0]]).repeat(20000, 1), torch.tensor([[0.0, -2.0]]).repeat(20000, 1)
    )
    z = figures.latents(found, views.generator(0))
    assert torch.allclose(z.mean(0), torch.tensor([3.0, -1.0]), atol=0.03)
    assert torch.allclose(z.var(0).log(), torch.tensor([0.0, -2.0]), atol=0.05)


def test_the_loss_is_minus_log_p_a_number():
    found = spread(500)
    module, plan = begun(found), TINY.plan
    noise = views.generator(plan.seed, 3, "flow")
    rows = torch.randint(500, (plan.batch,), generator=noise)
    z = figures.latents(Gaussians(found.mean[rows], found.log_variance[rows]), noise)
    loss = recipes.losses(module, found, 3, plan)["loss"]
    assert loss.item() == pytest.approx(-module.log_p(z).mean().item() / 4)


def test_a_flow_that_has_just_begun_leads_the_prior_by_the_gaussians_own_lead():
    """Latents of deviation 3: KL to N(0, 1) is (9 - 1 - log 9) / 2 a number."""
    here, there = spread(20000, 3.0), spread(20000, 3.0, seed=1)
    reached = recipes.measure(begun(here), here, there)
    lead = reached["lead over the prior in nats"]
    assert lead.value == pytest.approx(4 * (9 - 1 - math.log(9)) / 2, rel=0.05)
    assert lead.low < lead.value < lead.high
    assert reached["lead over one Gaussian in nats"].value == pytest.approx(0, abs=0.05)
    entropy = 4 * (0.5 * math.log(2 * math.pi * math.e) + math.log(3))
    assert reached["NLL in nats"].value == pytest.approx(entropy, abs=0.1)


def test_pictures_of_every_way_to_draw_are_held_against_held_out_ones():
    noise = torch.Generator().manual_seed(0)
    vae = trained.load("critters-vae")
    x = (vae.decode(2 * torch.randn(60, 4, generator=noise)) * 255).byte()
    held_out = portraits.Portraits(x, torch.zeros(60, 64, 64).byte(), {})
    here = figures.gaussians(vae.module, x)
    module = begun(Gaussians(here.mean + 40.0, here.log_variance))  # it draws far away
    found = recipes.likenesses(module, vae, here, held_out)
    assert abs(found["KID of one Gaussian"].value) < 0.1 * found["KID of the flow"].value
    back, clean = (Pixels().features(p) for p in (vae.decode(here.mean), portraits.pictures(x)))
    known = likeness.kid(back, clean, size=30)
    assert found["KID of encoded ones"].value == pytest.approx(known.value, rel=1e-4)
    assert found["KID of the flow"].low <= found["KID of the flow"].value


def test_a_training_cut_short_ends_in_the_same_bytes_and_says_whose_latents(tmp_path):
    files = [tmp_path / f"{name}.safetensors" for name in ("whole", "again")]
    list(recipes.train(TINY, out=files[0]))
    asked = itertools.count()
    with pytest.raises(TrainingStopped):
        list(recipes.train(TINY, out=files[1], is_stopped=lambda: next(asked) > 2))
    list(recipes.train(TINY, out=files[1]))
    assert files[0].read_bytes() == files[1].read_bytes()
    weights, said = shipping.unpack(files[1].read_bytes())
    assert said["of"] == trained.load("critters-vae").fingerprint
    module = flow.network(Form(**said["form"]), weights)
    z = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(module.latents(module.normal(z)[0]), z, atol=1e-4)
