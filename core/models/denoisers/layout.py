"""A denoiser of ours as a folder that diffusers loads itself.

    unet/       UNet2DModel: config.json, diffusion_pytorch_model.safetensors
    scheduler/  DDIMScheduler: scheduler_config.json
    condition/  what diffusers has no place for: condition.safetensors, condition.json

Layers and their names are those of UNet2DModel, so the weights are a copy. Two things of ours stay
outside: pixels of a block go into channels before the network and come out after it
(`torch.nn.functional.pixel_unshuffle`, `pixel_shuffle`), and a condition becomes an embedding that goes
in as `class_labels`, of which UNet2DModel with class_embed_type "identity" takes any. Of a form
with planes the condition goes in beside the channels instead.

diffusers' scheduler clips x_0 but keeps the epsilon of before, unless its step is told
`use_clipped_model_output=True`: with it, it is our own sampler.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from core.networks.denoiser import GROUPS, HEAD, Denoiser, Form

UNET, SCHEDULER, CONDITION = "unet", "scheduler", "condition"  # folders
WEIGHTS = "diffusion_pytorch_model.safetensors"
SAYS = "sample"  # diffusers' word for x_0


def unet(form: Form) -> dict[str, Any]:
    """The config of UNet2DModel for a form."""
    attends = list(form.attends)
    return {
        "_class_name": "UNet2DModel",
        "sample_size": form.side // form.block,
        "in_channels": form.inside + (2 * form.told if form.planes else 0),
        "out_channels": form.inside,
        "layers_per_block": form.deep,
        "block_out_channels": list(form.widths),
        "down_block_types": ["AttnDownBlock2D" if one else "DownBlock2D" for one in attends],
        "up_block_types": ["AttnUpBlock2D" if one else "UpBlock2D" for one in reversed(attends)],
        "add_attention": attends[-1],
        "attention_head_dim": HEAD,
        "norm_num_groups": GROUPS,
        "attn_norm_num_groups": GROUPS,  # else the middle attends without a norm
        "norm_eps": 1e-5,
        "act_fn": "silu",
        "resnet_time_scale_shift": "scale_shift",
        "class_embed_type": "identity" if form.told and not form.planes else None,
        "time_embedding_type": "positional",
        "flip_sin_to_cos": True,
        "freq_shift": 0,
        "downsample_padding": 1,
        "center_input_sample": False,
    }


def scheduler(form: Form) -> dict[str, Any]:
    """The config of DDIMScheduler: our cosine schedule and what the network predicts."""
    return {
        "_class_name": "DDIMScheduler",
        "num_train_timesteps": 1000,
        "beta_schedule": "squaredcos_cap_v2",
        "prediction_type": {"x_0": SAYS, "epsilon": "epsilon"}[form.predicts],
        "clip_sample": True,
        "clip_sample_range": 1.0,
        "set_alpha_to_one": True,
        "steps_offset": 0,
        "timestep_spacing": "leading",
    }


def parts(module: Denoiser) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights that are UNet2DModel's, and those of the condition."""
    weights = {
        name: t.detach().cpu().contiguous() for name, t in module.state_dict().items()
    }  # fmt: skip
    own = {name: t for name, t in weights.items() if name.startswith(f"{CONDITION}.")}
    return {name: t for name, t in weights.items() if name not in own}, own


def write(module: Denoiser, folder: Path, *, asks: tuple[str, ...] = ()) -> list[Path]:
    """The files of a denoiser. asks: what each number of its condition is called."""
    weights, own = parts(module)
    said = {
        "form": asdict(module.form),
        "asks": list(asks),
        "how": "class_labels = second(silu(first(concatenate(told * known, known)))); told and known "
        "are one number each for what is asked, known 0 for what is left open",
    }
    files = {
        f"{UNET}/config.json": _json(unet(module.form)),
        f"{UNET}/{WEIGHTS}": save(weights, metadata={"format": "pt"}),
        f"{SCHEDULER}/scheduler_config.json": _json(scheduler(module.form)),
        f"{CONDITION}/condition.json": _json(said),
    }
    if own:
        files[f"{CONDITION}/condition.safetensors"] = save(own, metadata={"format": "pt"})
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return [folder / name for name in files]


def _json(said: Mapping[str, Any]) -> bytes:
    return (json.dumps(said, indent=2) + "\n").encode()
