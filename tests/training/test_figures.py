"""What a denoiser gives back is measured beside the clean picture."""

import math

import torch

from core.metrics import fidelity
from core.networks import initial
from core.networks.autoencoder import Autoencoder, Form
from core.training import figures, portraits


def test_restoration_is_measured_beside_the_clean_pictures():
    module = Autoencoder(Form(4, 8, spread=False))
    initial.draw(module, 0)
    x = torch.randint(256, (20, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    held_out = portraits.Portraits(x.byte(), torch.zeros(20, 64, 64).byte(), {})
    found = figures.restoration(module, held_out, lambda x, noise: torch.zeros_like(x))
    clean = portraits.pictures(held_out.pixels)
    black = fidelity.psnr(torch.zeros_like(clean), clean).mean().item()
    with torch.no_grad():
        back = module(torch.zeros_like(clean)).clamp(0, 1)
    assert math.isclose(found["PSNR in dB, disturbed"].value, black, rel_tol=1e-5)
    restored = fidelity.psnr(back, clean).mean().item()
    assert math.isclose(found["PSNR in dB, restored"].value, restored, rel_tol=1e-5)
