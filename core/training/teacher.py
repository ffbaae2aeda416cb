"""What the standard network says of every picture: asked once, on fixed views, kept on disk."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from core import disk
from core.models import Classifier
from core.priors import views
from core.training.photographs import Photographs

KEPT = 20  # probabilities a picture; the rest is less than the teacher's own error
BLOCK, AT_ONCE = 2048, 64
RECIPE = 1  # counts up when the views change


def zooms(side: int) -> tuple[float, ...]:
    """The fixed views: two of a sharp picture, one of a small one, where there are many."""
    return (1.0, 0.8) if side > 64 else (0.95,)


def seen_at(side: int) -> int:
    """The side in px at which the teacher looks: far above a small picture's own it sees best."""
    return 160 if side <= 64 else 192


def predictions(
    network: Classifier, pictures: Photographs, folder: Path
) -> Iterator[tuple[Tensor, Tensor]]:
    """Block by block, classes and probabilities, both (n, 20), the probabilities summing to 1."""
    for first in range(0, len(pictures), BLOCK):
        pixels = pictures.pixels[first : first + BLOCK]
        path = folder / f"teacher-{_key(network, pixels)}.safetensors"
        try:
            kept = load_file(path)
        except (OSError, SafetensorError):
            kept = _block(network, pixels)
            folder.mkdir(parents=True, exist_ok=True)
            disk.write(path, save(kept))
        yield kept["classes"].long(), kept["probabilities"].float()


def _key(network: Classifier, pixels: Tensor) -> str:
    seen = hashlib.sha256(f"{RECIPE} {network.fingerprint} {tuple(pixels.shape)}".encode())
    seen.update(pixels.numpy().tobytes())
    return seen.hexdigest()[:16]


@torch.no_grad()
def _block(network: Classifier, pixels: Tensor) -> dict[str, Tensor]:
    found = [_said(network, part) for part in pixels.split(AT_ONCE)]
    best, classes = torch.cat(found).topk(KEPT)
    probabilities = best / best.sum(1, keepdim=True)
    return {"classes": classes.to(torch.int16), "probabilities": probabilities.half()}


def _said(network: Classifier, pixels: Tensor) -> Float[Tensor, "n class"]:
    x = pixels.to(network.device).float() / 255
    side = pixels.shape[-1]
    total = torch.zeros(())
    for zoom in zooms(side):
        view = torch.eye(2, 3).expand(len(x), 2, 3) * zoom
        seen = views.look(x, view, side=seen_at(side))
        total = total + network.activations(seen, network.output).softmax(1).cpu()
    return total / len(zooms(side))
