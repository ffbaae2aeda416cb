"""What a model may be given, checked: pictures of its size, latents of its length, noise."""

from torch import Tensor

from core.models.errors import InputError


def check_pictures(x: Tensor, title: str, side: int) -> None:
    """Raise InputError where these are not pictures of so many px a side, (n, 3, side, side)."""
    if x.ndim != 4 or x.shape[1:] != (3, side, side) or not len(x):
        raise InputError(
            f"{title} reads pictures of {side} px a side; these are {tuple(x.shape)}. "
            "Bring them to that size."
        )


def check_latents(z: Tensor, title: str, latent: int) -> None:
    """Raise InputError where these are not latents of so many numbers, (n, latent)."""
    if z.ndim != 2 or z.shape[1] != latent:
        raise InputError(f"{title} reads latents (n, {latent}); these are {tuple(z.shape)}.")


def check_noisy(x: Tensor, title: str, channels: int, side: int) -> None:
    """Raise InputError where these are not noisy pictures of that size, (n, channels, side, side)."""
    if x.ndim != 4 or x.shape[1:] != (channels, side, side) or not len(x):
        raise InputError(
            f"{title} reads noisy pictures (n, {channels}, {side}, {side}); these are "
            f"{tuple(x.shape)}."
        )
