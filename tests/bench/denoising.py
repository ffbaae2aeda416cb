"""Sampling by a denoiser, beside diffusers' own pipeline with the same weights."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from core.diffusion import guidance, schedules, solvers
from core.models.denoisers import layout
from core.models.denoisers.trained import Trained
from core.models.model import Card
from core.networks import denoiser, initial
from core.networks.denoiser import Form
from tests.bench.table import Row

title = "A denoiser of 64 px, 50 steps, batch 8"

FORM = Form(widths=(96, 96, 128))  # of critters, told nothing: diffusers' pipeline tells nothing
STEPS, BATCH, TIMES = 50, 8, 3
ALIKE = 1e-3


def rows() -> Iterator[Row]:
    """CPU seconds of both by turns, so that what else runs here disturbs both."""
    torch.set_num_threads(1)
    module = denoiser.Denoiser(FORM)
    initial.draw(module, 0)
    module.eval().requires_grad_(False)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        layout.write(module, Path(folder))
        pipeline = _pipeline(Path(folder))
    card = Card(origin="", licence="", training_data="", accuracy="")
    ours = Trained(module, name="bench", title="Bench", card=card)
    x = torch.randn(BATCH, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    ways: dict[str, Callable[[int], Tensor]] = {
        "ours": lambda steps: _ours(ours, x, steps),
        "diffusers": lambda steps: _theirs(pipeline, x, steps),
    }
    made = {name: way(2) for name, way in ways.items()}  # warm, and whether they make the same
    apart = (made["ours"] - made["diffusers"]).abs().max()
    yield Row("2 steps: how far apart", f"<= {ALIKE:g}", f"{apart:.1e}", bool(apart <= ALIKE))
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TIMES):
        for name, way in ways.items():
            before = time.process_time()
            way(STEPS)
            spent[name].append(time.process_time() - before)
    ratios = [a / b for a, b in zip(spent["ours"], spent["diffusers"], strict=True)]
    ratio = statistics.median(ratios)
    each = {name: f"{statistics.median(times):.1f} s" for name, times in spent.items()}
    yield Row("CPU of ours", "-", each["ours"])
    yield Row("CPU of diffusers' pipeline", "-", each["diffusers"])
    yield Row(
        "ours over diffusers'", "<= 1.0", f"{ratio:.2f}, at most {max(ratios):.2f}", ratio <= 1
    )


def _pipeline(folder: Path) -> Any:
    """Diffusers' DDIMPipeline of what was exported."""
    library = solvers.diffusers("the pipeline")
    pipeline = library.DDIMPipeline(
        unet=library.UNet2DModel.from_pretrained(folder / layout.UNET, use_safetensors=True).eval(),
        scheduler=library.DDIMScheduler.from_pretrained(folder / layout.SCHEDULER),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@torch.no_grad()
def _ours(model: Trained, x: Float[Tensor, "n 3 64 64"], steps: int) -> Float[Tensor, "n 3 64 64"]:
    guess = guidance.asking(model.x_0, None, guidance.Guidance())
    alpha_bars = schedules.visited("cosine", "leading", steps)
    *_, last = solvers.run("ddim", guess, x, alpha_bars, torch.Generator())
    return last.x_next


def _theirs(pipeline: Any, x: Float[Tensor, "n 3 64 64"], steps: int) -> Float[Tensor, "n 3 64 64"]:
    """The pipeline draws its own start: here it is given ours in place of it."""
    start = F.pixel_unshuffle(x, FORM.block)
    drawing: Any = sys.modules[type(pipeline).__module__]
    drawn, drawing.randn_tensor = drawing.randn_tensor, lambda *_, **__: start
    try:
        images = pipeline(
            batch_size=len(x), num_inference_steps=steps, output_type="np",
            use_clipped_model_output=True,
        ).images  # fmt: skip
    finally:
        drawing.randn_tensor = drawn
    shown = torch.from_numpy(images).permute(0, 3, 1, 2) * 2 - 1
    return F.pixel_shuffle(shown, FORM.block)
