"""The VAEs of emoji and faces learn from what they say, and ship how it looks."""

import io
import itertools
import json
import tarfile
from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch.distributions import Normal, kl_divergence

from core import __main__ as command
from core.models import UnreachableError, fetching
from core.models import shipped as shelf
from core.models.generators import faces, trained
from core.networks import dcgan, initial
from core.priors import views
from core.training import autoencoders, collections, emoji, learning, portraits
from core.training.learning import RecipeError, TrainingStopped
from core.worlds import appearance

TINY = replace(collections.recipe_for("emoji-vae", is_tiny=True, steps=4), data=96, held_out=64)


@pytest.fixture(autouse=True)
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "cache"))


def ended(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def blots(count, seed=0):
    """Pictures of any colours: a square on white."""
    noise = torch.Generator().manual_seed(seed)
    x = torch.full((count, 3, 64, 64), 255, dtype=torch.uint8)
    for one in x:
        row, column, side = torch.randint(4, 28, (3,), generator=noise).tolist()
        colour = torch.randint(0, 256, (3, 1, 1), generator=noise, dtype=torch.uint8)
        one[:, row : row + side, column : column + side] = colour
    return x


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "pictures"
    path.mkdir()
    for number, x in enumerate(blots(90)):
        Image.fromarray(x.permute(1, 2, 0).numpy()).save(path / f"{number:03}.png")
    return path


def test_only_emoji_of_one_thing_are_wanted():
    assert all(map(emoji.is_wanted, ("1f431", "1f600", "2b50", "1f469", "2764-fe0f")))
    for name in ("1f44d-1f3fd", "1f1e6-1f1e8", "0023-fe0f-20e3", "1f468-200d-1f373", "00a9-fe0f",
      "1f550", "1f6d1-e0067", "1f4b2"):  # fmt: skip
        assert not emoji.is_wanted(name), name


def test_what_is_see_through_is_white():
    image = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    image.paste((200, 10, 20, 255), (0, 0, 128, 256))
    x = emoji.on_white(image)
    assert x.shape == (3, 64, 64)
    assert x[:, 30, 10].tolist() == [200, 10, 20]
    assert x[:, 30, 50].tolist() == [255, 255, 255]


def test_emoji_are_read_out_of_the_package_once(monkeypatch, tmp_path):
    package = tmp_path / "package.tgz"
    with tarfile.open(package, "w:gz") as file:
        for name, colour in {"1f431": "red", "1f600": "blue", "1f44d-1f3fd": "black"}.items():
            held = io.BytesIO()
            Image.new("RGBA", (256, 256), colour).save(held, "webp", lossless=True)
            info = tarfile.TarInfo(f"package/assets/{name}.webp")
            info.size = len(held.getvalue())
            file.addfile(info, io.BytesIO(held.getvalue()))
    monkeypatch.setattr(fetching, "file", lambda *_, **__: package)
    x = ended(emoji.read())
    assert x[:, :, 5, 5].tolist() == [[255, 0, 0], [0, 0, 255]]
    monkeypatch.setattr(fetching, "file", lambda *_, **__: pytest.fail("it was fetched again"))
    assert torch.equal(ended(emoji.read()), x)
    assert not package.exists()  # it is in the cache as it is learned from


def test_emoji_that_cannot_be_fetched_say_what_else_there_is(monkeypatch):
    monkeypatch.setattr(emoji, "SOURCE", replace(emoji.SOURCE, address="http://127.0.0.1:9/x.tgz"))
    with pytest.raises(UnreachableError, match=r"pictures of Fluent Emoji.*--pictures FOLDER"):
        ended(emoji.read())


def test_a_folder_is_read_by_name_and_a_small_one_is_refused(folder, tmp_path):
    assert torch.equal(ended(emoji.read(folder)), blots(90))
    (tmp_path / "few").mkdir()
    with pytest.raises(RecipeError, match=r"holds 0 pictures.*give at least 64"):
        ended(emoji.read(tmp_path / "few"))


def test_every_sixteenth_is_held_out():
    x = torch.arange(40).view(40, 1, 1, 1).expand(40, 3, 64, 64).to(torch.uint8)
    learned, held = emoji.parted(x)
    assert held[:, 0, 0, 0].tolist() == [8, 24]
    assert len(learned) == 38


def test_a_view_is_moved_grown_and_mirrored():
    x = portraits.pictures(blots(64))
    seen = collections.viewed(x, views.generator(0))
    assert torch.equal(seen, collections.viewed(x, views.generator(0)))
    ink, before = ((1 - y).sum((1, 2, 3)) for y in (seen, x))
    ratio = ink / before
    assert ratio.min() > 0.75
    assert ratio.max() < 1.35
    assert ratio.std() > 0.05
    left = appearance.light_from_the_left
    turned = (left(seen) * left(x) < 0).float().mean()
    assert 0.25 < turned < 0.75


def test_the_loss_is_half_the_log_of_the_error_and_beta_kl_a_pixel():
    pixels, recipe = blots(48), replace(TINY, beta=2.0, ease=10)
    module = autoencoders.initialised(recipe)
    with torch.no_grad():
        loss = collections.losses(module, pixels, 3, recipe, is_viewed=False)
        rows = autoencoders.batches.sampled(48, 16, step=3, key=(0, "collection"))
        x = pixels[rows].float() / 255
        mean, log_variance = module.gaussians(x)
        epsilon = torch.randn(mean.shape, generator=views.generator(0, 3, "latents"))
        error = (module.decode(mean + epsilon * (log_variance / 2).exp()) - x).square().mean()
        gaussian = Normal(mean, (log_variance / 2).exp())
        nats = kl_divergence(gaussian, Normal(0, 1)).sum(1).mean()
    wanted = error.log() / 2 + 2.0 * 0.4 * nats / (3 * 64 * 64)
    assert loss["loss"].item() == pytest.approx(wanted.item(), abs=1e-4)
    moved = collections.losses(module, pixels, 3, recipe, is_viewed=True)
    assert moved["error"].item() != pytest.approx(error.item(), rel=1e-3)


def test_a_training_cut_short_ends_in_the_same_bytes_and_knows_how_its_pictures_look(
    folder, tmp_path, monkeypatch
):
    files = [tmp_path / one / "emoji-vae.safetensors" for one in ("whole", "again")]
    list(collections.train("emoji-vae", TINY, out=files[0], folder=folder))
    asked = itertools.count()
    cut = collections.train(
        "emoji-vae", TINY, out=files[1], folder=folder, is_stopped=lambda: next(asked) > 2
    )
    with pytest.raises(TrainingStopped):
        list(cut)
    list(collections.train("emoji-vae", TINY, out=files[1], folder=folder))
    assert files[0].read_bytes() == files[1].read_bytes()
    card = json.loads(files[1].with_suffix(".json").read_text())
    assert card["reached"]["PSNR in dB"]["low"] < card["reached"]["PSNR in dB"]["high"]
    monkeypatch.setattr(shelf, "WEIGHTS", files[1].parent)
    generator = trained.load("emoji-vae")
    learned = portraits.pictures(emoji.parted(blots(90))[0])
    assert generator.of == "emoji"
    known = generator.known["independent"]
    assert torch.allclose(known.z, generator.encode(learned).cpu(), atol=2e-2)
    for name, values in appearance.measured(learned).items():
        assert torch.allclose(known.values[name], values, atol=1e-3), name


def test_faces_are_those_that_the_gan_draws(monkeypatch):
    module = dcgan.Generator()
    initial.draw(module, 0)
    drawer = faces.Faces(module.eval(), name="faces", title="Faces", card=faces.CARD)
    monkeypatch.setattr(faces, "load", lambda: drawer)
    recipe = replace(collections.recipe_for("faces-vae", is_tiny=True), data=70, held_out=5)
    learned, held = ended(collections.read("faces-vae", recipe))
    assert (len(learned), len(held)) == (70, 5)
    z = faces.draws(70, collections.LEARNED)[66:67]
    wanted = (drawer.decode(z.to(drawer.device)) * 255).cpu()
    assert (learned[66:67].float() - wanted).abs().max() < 0.51
    assert not torch.equal(learned[:5], held)


def test_the_verb_trains_on_a_folder_and_refuses_none(called, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(collections, "recipe_for", lambda *a, **k: TINY)
    out = tmp_path / "mine.safetensors"
    code, said, _ = called(
        "train", "emoji-vae", "--tiny", "--quiet", "--pictures", folder, "-o", out
    )
    assert code == 0
    assert json.loads(said)["reached"]["units in use"]["value"] <= 16
    code, _, error = called(
        "train", "emoji-vae", "--quiet", "--pictures", tmp_path / "no", "-o", out
    )
    assert code == command.ASKED_WRONG
    assert "give at least 64" in error


def test_every_collection_has_a_title():
    assert set(collections.COLLECTIONS) < set(trained.TITLES)
    for name in collections.COLLECTIONS:
        assert learning.rate_at(0, collections.recipe_for(name).plan) > 0
