"""What is exported is loaded by diffusers itself, and is the same network and the same sampler."""

import json

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from core import models
from core.__main__ import main
from core.diffusion import guidance, sampling, schedules, solvers
from core.models.denoisers import layout, trained
from core.models.model import Card
from core.networks import denoiser, initial
from core.networks.denoiser import Form

diffusers = pytest.importorskip("diffusers")
FORMS = {
    "asked": Form(side=32, widths=(32, 64), attends=(False, True), told=3),
    "asked nothing": Form(side=32, widths=(32, 64), attends=(False, True)),
    "planes": Form(side=32, widths=(32, 32), attends=(False, True), told=3, planes=True),
    "without attention": Form(side=32, widths=(32, 64), attends=(False, False)),
    "attention everywhere": Form(side=32, widths=(32, 64, 64), attends=(True, True, True), told=2),
    "deeper": Form(side=32, widths=(32, 64), attends=(False, True), deep=2, block=2),
    "epsilon": Form(side=16, block=1, widths=(32, 32), attends=(False, True), predicts="epsilon"),
}


def drawn(form, seed=0):
    module = denoiser.Denoiser(form)
    initial.draw(module, seed)
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():  # norms and biases too, or a name could be mistaken
            if parameter.ndim == 1:
                parameter.add_(torch.randn(parameter.shape, generator=noise), alpha=0.1)
        for parameter in module.conv_out.parameters():
            parameter.mul_(0.2)
    return module.eval().requires_grad_(False)


def asked(form, n):
    if not form.told:
        return None, None
    noise = torch.Generator().manual_seed(5)
    told = torch.randn(n, form.told, generator=noise)
    return told, (torch.rand(n, form.told, generator=noise) < 0.5).float()


class Loaded:
    """The folder as somebody without this project would use it."""

    def __init__(self, folder):
        self.unet = diffusers.UNet2DModel.from_pretrained(folder / "unet", use_safetensors=True)
        self.scheduler = diffusers.DDIMScheduler.from_pretrained(folder / "scheduler")
        said = json.loads((folder / "condition" / "condition.json").read_text())
        self.form, self.condition = said["form"], None
        beside = folder / "condition" / "condition.safetensors"
        if beside.is_file():
            self.condition = load_file(beside)

    def __call__(self, x, t, told=None, known=None):
        x, labels = F.pixel_unshuffle(x, self.form["block"]), None
        if told is not None:
            both = torch.cat((told * known, known), 1)
            if self.form["planes"]:
                x = torch.cat((x, both[:, :, None, None].expand(-1, -1, *x.shape[2:])), 1)
            else:
                w = self.condition
                first = F.linear(both, w["condition.0.weight"], w["condition.0.bias"])
                labels = F.linear(F.silu(first), w["condition.1.weight"], w["condition.1.bias"])
        with torch.no_grad():
            return F.pixel_shuffle(self.unet(x, t, labels).sample, self.form["block"])


@pytest.fixture(params=FORMS, scope="module")
def both(request, tmp_path_factory):
    module, folder = drawn(FORMS[request.param]), tmp_path_factory.mktemp("exported")
    layout.write(module, folder, asks=("one", "two", "three")[: module.form.told])
    return module, Loaded(folder)


def test_the_network_is_unet2dmodel_with_the_same_weights(both):
    module, loaded = both
    form = module.form
    x = torch.randn(2, form.channels, form.side, form.side, generator=torch.Generator())
    for t in (0.0, 17.0, 500.0, 999.0):
        time, (told, known) = torch.full((2,), t), asked(form, 2)
        ours, theirs = module(x, time, told, known), loaded(x, time, told, known)
        assert ours.std() > 0.05
        assert (ours - theirs).abs().max() < 1e-5 * max(1, float(theirs.abs().max()))


def test_twenty_steps_of_diffusers_ddim_are_ours(both):
    module, loaded = both
    form = module.form
    x = torch.randn(2, form.channels, form.side, form.side, generator=torch.Generator())
    told, known = asked(form, 2)

    def x_0(x_t, alpha_bar, told, known):
        t = schedules.times(alpha_bar.double()).float().expand(len(x_t))
        said = module(x_t, t, told, known)
        if form.predicts == "epsilon":
            return sampling.x_0_from_epsilon(x_t, said, alpha_bar.to(x_t.dtype))
        return said

    wish = None if told is None else guidance.Asked(told, known)
    guess = guidance.asking(x_0, wish, guidance.Guidance())
    alpha_bars = schedules.visited("cosine", "leading", 20)
    *_, ours = solvers.run("ddim", guess, x, alpha_bars, torch.Generator())

    loaded.scheduler.set_timesteps(20)
    for t in loaded.scheduler.timesteps:
        said = loaded(x, t, told, known)
        x = loaded.scheduler.step(said, t, x, use_clipped_model_output=True).prev_sample
    assert x.std() > 0.05
    assert (ours.x_next - x).abs().max() < 1e-4


def test_the_schedule_is_ours(both):
    _, loaded = both
    table = torch.cat((torch.ones(1), loaded.scheduler.alphas_cumprod))
    assert torch.allclose(table.double(), schedules.cosine(), atol=1e-6)


def test_the_same_network_is_the_same_files(tmp_path):
    module = drawn(FORMS["asked"])
    one, other = (layout.write(module, tmp_path / name) for name in "ab")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in other]
    assert {p.parent.name for p in one} == {"unet", "scheduler", "condition"}


def test_what_is_asked_is_said_beside_it(tmp_path):
    layout.write(drawn(FORMS["asked"]), tmp_path, asks=("species", "hat", "smile"))
    said = json.loads((tmp_path / "condition" / "condition.json").read_text())
    assert said["asks"] == ["species", "hat", "smile"]
    assert denoiser.form(said["form"]) == FORMS["asked"]


def test_the_command_line_writes_the_folder_and_says_what_it_wrote(tmp_path, monkeypatch, capsys):
    module = drawn(FORMS["asked nothing"])
    card = Card(origin="", licence="", training_data="", accuracy="")
    ours = trained.Trained(module, name="ours", title="Ours", card=card)
    monkeypatch.setattr(models, "load", lambda *_: ours)
    assert main(["diffusers", "ours", "-o", str(tmp_path / "made")]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert sorted(files) == sorted(map(str, layout.write(module, tmp_path / "made")))
    assert Loaded(tmp_path / "made").unet.config.sample_size == 8
