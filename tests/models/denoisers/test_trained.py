"""A denoiser by name answers for x_0, whatever it predicts and whatever is asked."""

import pytest
import torch

from core import models
from core.diffusion import sampling, schedules
from core.models.denoisers import trained
from core.models.denoisers.trained import Trained
from core.models.model import Card
from core.networks import denoiser, initial
from core.networks.denoiser import Form

CARD = Card(origin="", licence="", training_data="", accuracy="")
A = schedules.table("cosine")[400]


def made(**form):
    module = denoiser.Denoiser(Form(side=16, widths=(32, 32), attends=(False, True), **form))
    initial.draw(module, 0)
    return Trained(
        module.eval().requires_grad_(False), name="critters-denoiser", title="Small", card=CARD
    )


def noisy(n=2):
    return torch.randn(n, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def test_one_that_predicts_the_noise_answers_for_the_picture():
    x, plain, other = noisy(), made(), made(predicts="epsilon")
    epsilon = plain.x_0(x, A)  # the same weights: the same numbers, meant as noise
    assert torch.allclose(other.x_0(x, A), sampling.x_0_from_epsilon(x, epsilon, A), atol=1e-5)


@torch.no_grad()
def test_who_asks_nothing_leaves_all_open():
    x, model = noisy(), made(told=6)
    nothing = torch.zeros(2, 6)
    assert torch.equal(model.x_0(x, A), model.x_0(x, A, torch.ones(2, 6), nothing))
    assert not torch.equal(model.x_0(x, A), model.x_0(x, A, torch.ones(2, 6), nothing + 1))


@torch.no_grad()
def test_each_picture_may_have_its_own_time():
    x, model = noisy(), made()
    a, b = schedules.table("cosine")[[300, 700]]
    both = model.x_0(x, torch.stack((a, b)))
    assert torch.allclose(both[:1], model.x_0(x[:1], a), atol=1e-5)
    assert torch.allclose(both[1:], model.x_0(x[1:], b), atol=1e-5)


def test_another_size_is_refused():
    with pytest.raises(models.InputError, match=r"Small reads noisy pictures \(n, 3, 16, 16\)"):
        made().x_0(torch.zeros(1, 3, 8, 8), A)


def test_a_twin_has_other_weights_and_the_same_layers():
    model = made(told=6)
    twin = model.twin(3)
    assert twin.fingerprint == model.twin(3).fingerprint != model.fingerprint
    assert twin.asks.keys() == model.asks.keys()
    assert twin.nbytes == model.nbytes


@pytest.mark.parametrize("name", trained.names())
def test_what_ships_is_known_by_name(name):
    model = models.load(name, "denoiser")
    assert isinstance(model, models.Denoiser)
    assert models.load(name) is model
    assert models.family_of(name) == "denoiser"
    assert name in models.names("denoiser")
    assert model.nbytes > 4 * 10**4
    assert all(vars(model.card).values())
    with pytest.raises(models.UnknownNetworkError, match="is a denoiser, not a generator"):
        models.load(name, "generator")
