"""Public denoisers are read as diffusers saves them, and guess what diffusers guesses."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from core import models
from core.diffusion import guidance, schedules, solvers
from core.models.denoisers import public
from core.models.errors import (
    InputError,
    MissingWeightsError,
    UnfitWeightsError,
    UnknownNetworkError,
    UnreachableError,
)
from core.models.model import Denoiser
from tests.models.served import serving

diffusers = pytest.importorskip("diffusers")
CAT = "google/ddpm-cat-256"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    return tmp_path / "denoisers"


def unet(seed=0, **settings):
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(seed)
        return diffusers.UNet2DModel(
            sample_size=16, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8,
            attention_head_dim=8, down_block_types=("DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D"), **settings,
        ).eval()  # fmt: skip


def saved(folder, module=None, *, predicts="epsilon", schedule="linear", below=True):
    """A folder as training scripts write it, or with all at its root."""
    module = module or unet()
    scheduler = diffusers.DDPMScheduler(beta_schedule=schedule, prediction_type=predicts)
    module.save_pretrained(folder / "unet" if below else folder, safe_serialization=True)
    scheduler.save_pretrained(folder / "scheduler" if below else folder)
    return module, scheduler


def pictures(n=2, side=16):
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("below", [True, False])
def test_a_folder_is_a_denoiser_of_the_lab(place, below):
    module, _ = saved(place / "mine", below=below)
    found = models.load("own/mine", "denoiser")
    assert isinstance(found, Denoiser)
    assert (found.family, found.side, found.channels) == ("denoiser", 16, 3)
    assert models.load("own/mine") is found
    assert public.names() == ("own/mine",)
    assert "s on this computer" in found.card.accuracy
    assert sum(p.numel() for p in module.parameters()) * 4 == found.nbytes


@pytest.mark.parametrize("predicts", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize("schedule", ["linear", "squaredcos_cap_v2", "scaled_linear"])
def test_its_guess_is_that_of_diffusers_scheduler(place, predicts, schedule):
    module, scheduler = saved(place / "mine", predicts=predicts, schedule=schedule)
    found, x_t = public.load("own/mine"), pictures()
    theirs = diffusers.DDIMScheduler.from_config(scheduler.config, clip_sample=False)
    theirs.set_timesteps(1000)
    for t in (0, 120, 700, 940):
        with torch.no_grad():
            said = module(x_t, t).sample
        wanted = theirs.step(said, t, x_t).pred_original_sample
        guess = found.x_0(x_t, theirs.alphas_cumprod[t].double())
        assert torch.allclose(guess, wanted, rtol=1e-3, atol=1e-4)


def test_it_is_told_the_time_of_its_own_schedule(place):
    saved(place / "mine", schedule="linear")
    found = public.load("own/mine")
    table = schedules.linear()[1:]
    assert torch.allclose(found.times(table), torch.arange(1000.0).double(), atol=1e-2)
    half = (table[500] * table[501]).sqrt()
    assert 500 < found.times(half[None]) < 501
    assert found.times(torch.tensor([1e-9, 1 - 1e-9]).double()).tolist() == [999, 0]


def test_our_sampler_on_it_is_diffusers_own(place):
    module, scheduler = saved(place / "mine")
    found, x = public.load("own/mine"), pictures()
    guess = guidance.asking(found.x_0, None, guidance.Guidance())
    alpha_bars = schedules.visited("linear", "leading", 20)
    *_, ours = solvers.run("ddim", guess, x, alpha_bars, torch.Generator())
    theirs = diffusers.DDIMScheduler.from_config(scheduler.config)
    theirs.set_timesteps(20)
    for t in theirs.timesteps:
        with torch.no_grad():
            said = module(x, t).sample
        x = theirs.step(said, t, x, use_clipped_model_output=True).prev_sample
    assert torch.allclose(ours.x_next, x, atol=1e-3)


def test_a_public_one_is_fetched_once_with_its_sentence(place, monkeypatch):
    saved(place / "aside", below=False)
    files = {path.name: path.read_bytes() for path in (place / "aside").iterdir()}
    told = []
    with serving() as shelf:
        monkeypatch.setenv("HF_ENDPOINT", shelf.address)
        shelf.files |= {f"/{CAT}/resolve/main/{name}": data for name, data in files.items()}
        assert not models.is_here(CAT)
        found = public.load(CAT, lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == len(files[public.WEIGHTS])
    assert public.is_here(CAT)
    assert CAT in public.names()
    assert public.load(CAT).fingerprint == found.fingerprint
    assert found.title == "ddpm-cat-256 (cats, 256 px)"


def test_without_a_network_a_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError, match=r"ddpm-cat-256.*could not be fetched.*Or choose"):
        models.load(CAT, "denoiser")


def test_what_is_not_there_or_does_not_fit_is_said(place):
    with pytest.raises(UnknownNetworkError, match=r"no denoiser 'own/mine': choose google/"):
        public.load("own/mine")
    saved(place / "mine")
    weights = place / "mine" / "unet" / public.WEIGHTS
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(
        MissingWeightsError, match=r"no diffusion_pytorch_model.safetensors.*Pickles"
    ):
        public.load("own/mine")
    saved(place / "mine", unet(act_fn="silu"))
    found = load_file(weights)
    found.pop("conv_in.bias")
    save_file(found, weights)
    with pytest.raises(UnfitWeightsError, match=r"does not fit its config.json"):
        public.load("own/mine")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"_class_name": "UNet2DConditionModel"}, "told a time and no text"),
        ({"class_embed_type": "identity"}, "wants a class with each picture"),
        ({"out_channels": 6}, "with 3 channels and gives 6"),
        ({"sample_size": None}, "pictures of None px"),
    ],
)
def test_another_kind_of_network_is_refused_in_a_sentence(place, change, said):
    saved(place / "mine")
    config = place / "mine" / "unet" / public.CONFIG
    config.write_text(json.dumps({**json.loads(config.read_text()), **change}))
    with pytest.raises(UnfitWeightsError, match=said):
        public.load("own/mine")


def test_pictures_of_another_size_are_refused(place):
    saved(place / "mine")
    with pytest.raises(InputError, match=r"reads noisy pictures \(n, 3, 16, 16\)"):
        public.load("own/mine").x_0(pictures(side=8), torch.tensor(0.5))


def test_its_twin_has_other_weights_and_the_same_layers(place):
    saved(place / "mine")
    found = public.load("own/mine")
    one, again, other = (found.twin(seed) for seed in (1, 1, 2))
    assert one.fingerprint == again.fingerprint != other.fingerprint
    assert one.nbytes == found.nbytes
    assert one.name == "own/mine-random-1"


def test_a_name_leads_nowhere_else():
    assert [public.is_one(n) for n in (CAT, "own/mine", "own/..", "own/a/b", "google/other")] == [
        True, True, False, False, False,
    ]  # fmt: skip
