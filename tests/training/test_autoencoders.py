"""The autoencoders learn by the loss that they say, from what they say, and write what they reach."""

import itertools
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from core import __main__ as command
from core.metrics import fidelity
from core.models.generators import latents, trained
from core.networks import autoencoder, initial, shipping
from core.networks.autoencoder import Autoencoder, Form
from core.priors import views
from core.training import autoencoders, collections, course, figures, learning, portraits
from core.training.figures import Gaussians
from core.training.learning import TrainingStopped
from core.worlds import critters

TINY = replace(autoencoders.recipe_for("critters-vae", is_tiny=True, steps=4), data=96, held_out=64)


@pytest.fixture(autouse=True)
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("core.training.known.COUNT", 16)


def ended(steps):
    """What a generator returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture
def found():
    return ended(portraits.read(7, 48))


def made(form):
    module = Autoencoder(form)
    initial.draw(module, 0)
    return module


def test_portraits_are_those_of_the_world_and_are_kept(found, monkeypatch):
    factors = critters.sample(48, seed=7)
    scene = critters.render(factors, 64)
    assert (found.pixels.float() / 255 - scene.image).abs().max() < 1.01 / 255
    assert scene.parts is not None
    assert (found.parts == scene.parts).float().mean() > 0.999
    assert torch.equal(found.factors["smile"], factors["smile"])
    monkeypatch.setattr(critters, "render", None)  # nothing is drawn twice
    again = ended(portraits.read(7, 48))
    assert torch.equal(again.pixels, found.pixels)
    assert torch.equal(again.parts, found.parts)


def test_a_pixel_within_two_of_a_small_part_counts_as_it_does():
    parts = torch.zeros(1, 64, 64, dtype=torch.uint8)
    parts[0, 20, 30] = critters.PARTS.index("mouth")
    parts[0, 20, 33] = critters.PARTS.index("whisker")
    parts[0, 50, 50] = critters.PARTS.index("head")
    blank = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    weight = autoencoders.weights(portraits.Portraits(blank, parts, {}))
    wanted = torch.ones(1, 1, 64, 64, dtype=torch.uint8)
    wanted[0, 0, 18:23, 31:36] = autoencoders.COUNTS["whisker"]
    wanted[0, 0, 18:23, 28:33] = autoencoders.COUNTS["mouth"]  # it counts the most
    assert torch.equal(weight, wanted)


def test_the_loss_is_half_the_log_of_the_weighted_error_and_beta_kl_a_pixel(found):
    recipe = replace(TINY, beta=3.0, ease=10)
    module, weight = made(recipe.form), autoencoders.weights(found)
    with torch.no_grad():
        loss = autoencoders.losses(module, found, weight, 1, recipe)
        rows = autoencoders.batches.sampled(48, 16, step=1, key=(0, "portraits"))
        x = found.pixels[rows].float() / 255
        mean, log_variance = module.gaussians(x)
        epsilon = torch.randn(mean.shape, generator=views.generator(0, 1, "latents"))
        error = (module.decode(mean + epsilon * (log_variance / 2).exp()) - x).square()
    counts = weight[rows].double().expand_as(x)
    weighted = ((counts * error).sum() / counts.sum()).float()
    gaussian = Normal(mean, (log_variance / 2).exp())
    nats = kl_divergence(gaussian, Normal(0, 1)).sum(1).mean()
    assert loss["error"].item() == pytest.approx(weighted.item(), rel=1e-4)
    assert loss["KL"].item() == pytest.approx(nats.item(), rel=1e-4)
    wanted = weighted.log() / 2 + 3.0 * 0.2 * nats / (3 * 64 * 64)
    assert loss["loss"].item() == pytest.approx(wanted.item(), abs=1e-4)


def test_an_autoencoder_has_the_error_alone(found):
    recipe = replace(TINY, form=Form(4, 8, spread=False))
    weight = autoencoders.weights(found)
    loss = autoencoders.losses(made(recipe.form), found, weight, 0, recipe)
    assert set(loss) == {"loss", "error"}
    assert loss["loss"].item() == pytest.approx(loss["error"].log().item() / 2)


def test_a_disturbed_picture_has_noise_and_one_to_three_grey_rectangles():
    x = torch.full((64, 3, 64, 64), 0.8)
    seen = autoencoders.disturbed(x, views.generator(0))
    grey = (seen == 0.5).all(1)
    area = grey.flatten(1).sum(1)
    assert area.min() >= 8 * 8
    assert area.max() <= 3 * 24 * 24
    assert area.float().std() > 50
    noise = torch.stack([(s - 0.8)[:, ~g].std() for s, g in zip(seen, grey, strict=True)])
    assert noise.min() < 0.05
    assert 0.15 < noise.max() < 0.5
    assert torch.equal(seen, autoencoders.disturbed(x, views.generator(0)))


def test_a_denoiser_sees_the_disturbed_picture_and_is_asked_for_the_clean_one(found, monkeypatch):
    recipe = replace(TINY, form=Form(4, 8, spread=False), is_denoiser=True)
    weight, module = autoencoders.weights(found), made(recipe.form)
    monkeypatch.setattr(autoencoders, "disturbed", lambda x, noise: torch.zeros_like(x))
    y = module(torch.zeros(1, 3, 64, 64))
    loss = autoencoders.losses(module, found, weight, 0, replace(recipe, is_weighted=False))
    rows = autoencoders.batches.sampled(48, 16, step=0, key=(0, "portraits"))
    error = (y - found.pixels[rows].float() / 255).square().mean()
    assert loss["error"].item() == pytest.approx(error.item(), rel=1e-4)


def test_an_ordered_autoencoder_has_uncorrelated_latents_of_variance_one(found):
    module = made(Form(4, 8, spread=False)).requires_grad_(False)
    x = portraits.pictures(found.pixels)
    before = module(x)
    autoencoders.order(module, found.pixels)
    z = module.encode(x)
    assert torch.allclose(z.mean(0), torch.zeros(4), atol=1e-3)
    assert torch.allclose(z.T.cov(), torch.eye(4), atol=1e-2)
    assert torch.allclose(module(x), before, atol=1e-3)


def test_an_ordered_vae_has_the_unit_that_says_most_first(found):
    module = made(Form(6, 8, spread=True)).requires_grad_(False)
    autoencoders.order(module, found.pixels)
    nats = figures.kl(figures.gaussians(module, found.pixels)).mean(0)
    assert nats.tolist() == sorted(nats.tolist(), reverse=True)


def test_components_keep_as_much_as_the_principal_ones(found):
    mean, axes = figures.components(found.pixels, 5)
    x = found.pixels.flatten(1).double() / 255
    deviations = torch.linalg.svd(x - x.mean(0), full_matrices=False).S[:5]
    assert torch.allclose(mean.double(), x.mean(0), atol=1e-5)
    assert torch.allclose(axes.T @ axes, torch.eye(5), atol=1e-4)
    found = ((x - x.mean(0)) @ axes.double()).norm(dim=0)
    assert torch.allclose(found, deviations, rtol=0.01)


def test_kl_is_that_of_torch():
    draw = torch.Generator().manual_seed(0)
    mean, log_variance = torch.randn(5, 3, generator=draw), torch.randn(5, 3, generator=draw)
    known = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(figures.kl(Gaussians(mean, log_variance)), known, atol=1e-6)


def test_a_training_cut_short_ends_in_the_same_bytes_and_a_card(tmp_path):
    files = [tmp_path / f"{name}.safetensors" for name in ("whole", "again")]
    list(autoencoders.train("critters-vae", TINY, out=files[0]))
    asked = itertools.count()
    cut = autoencoders.train("critters-vae", TINY, out=files[1], is_stopped=lambda: next(asked) > 2)
    with pytest.raises(TrainingStopped):
        list(cut)
    list(autoencoders.train("critters-vae", TINY, out=files[1]))
    assert files[0].read_bytes() == files[1].read_bytes()
    weights, said = shipping.unpack(files[1].read_bytes())
    weights = {name: t for name, t in weights.items() if not name.startswith(latents.BESIDE)}
    module = autoencoder.network(Form(**said["form"]), weights)
    held_out = ended(portraits.read(portraits.HELD_OUT, TINY.held_out))
    with torch.no_grad():
        x = portraits.pictures(held_out.pixels)
        psnr = fidelity.psnr(module(x).clamp(0, 1), x).mean().item()
    card = json.loads(files[1].with_suffix(".json").read_text())
    reached = card["reached"]["PSNR in dB"]
    assert reached["value"] == pytest.approx(psnr, abs=0.01)
    assert reached["low"] < reached["value"] < reached["high"]
    assert card["world"] == critters.VERSION
    assert any(one.startswith("PSNR in dB") for one in card["not reached"])
    assert card["curve"][-1]["step"] == 4


def test_a_recipe_begins_with_the_weights_that_fit(monkeypatch):
    other = Autoencoder(Form(4, 8, spread=True))
    initial.draw(other, 5)
    monkeypatch.setattr(trained, "load", lambda name: SimpleNamespace(module=other))
    recipe = replace(TINY, form=Form(3, 8, spread=False), start="critters-vae")
    own, alone = (
        autoencoders.initialised(one).state_dict() for one in (recipe, replace(recipe, start=""))
    )
    anew = set()
    for name, t in other.state_dict().items():
        fits = t.shape == own[name].shape
        assert torch.equal(own[name], t if fits else alone[name]), name
        anew |= set() if fits else {name}
    assert anew == {"encoder.13.weight", "encoder.13.bias", "decoder.0.weight"}
    assert not torch.equal(own["encoder.0.weight"], alone["encoder.0.weight"])


def test_the_verb_trains_and_refuses(tmp_path, called, monkeypatch):
    monkeypatch.setattr(autoencoders, "recipe_for", lambda *a, **k: TINY)
    out = tmp_path / "mine.safetensors"
    code, said, _ = called("train", "critters-vae", "--tiny", "--quiet", "-o", out)
    assert code == 0
    told = json.loads(said)
    assert told["file"] == str(out)
    assert told["reached"] == json.loads(out.with_suffix(".json").read_text())["reached"]
    assert out.is_file()


def test_no_steps_are_refused(called, tmp_path):
    code, _, error = called("train", "critters-vae", "--steps", "0", "-o", tmp_path / "x")
    assert code == command.ASKED_WRONG
    assert "steps = 0 is out of range" in error


def test_every_recipe_has_a_title_and_fits_into_what_ships():
    assert {*autoencoders.RECIPES, *collections.COLLECTIONS} == set(trained.TITLES)
    for recipe in autoencoders.RECIPES.values():
        count = sum(p.numel() for p in Autoencoder(recipe.form).parameters())
        assert 2 * count < shipping.MOST
    assert learning.rate_at(0, TINY.plan) > 0
    assert course.started(made(TINY.form)).step == 0
