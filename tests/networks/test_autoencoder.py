"""The autoencoder's shapes, and that a recoded latent draws the same pictures."""

import pytest
import torch
import torch.nn.functional as F

from core.networks import autoencoder, initial
from core.networks.autoencoder import NARROWEST, WIDEST, Autoencoder, Form
from core.networks.norm import Norm


def made(latent=6, *, spread=False, seed=0):
    module = Autoencoder(Form(latent, 8, spread))
    initial.draw(module, seed)
    return module.requires_grad_(False)


def pictures(n=3, seed=0):
    return torch.rand(n, 3, 64, 64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("spread", [False, True])
def test_pictures_become_latents_and_latents_pictures(spread):
    module, x = made(5, spread=spread), pictures()
    z = module.encode(x)
    assert z.shape == (3, 5)
    assert module.decode(z).shape == x.shape
    assert torch.equal(module(x), module.decode(z))


def test_a_point_has_no_variance_and_a_gaussian_one_within_limits():
    x = pictures()
    mean, log_variance = made().gaussians(x)
    assert torch.equal(made().encode(x), mean)
    assert (log_variance.exp() == 0).all()
    loud = made(spread=True)
    loud.encoder[-1].weight *= 1e4
    _, log_variance = loud.gaussians(x)
    assert log_variance.min() == NARROWEST
    assert log_variance.max() == WIDEST


def test_a_picture_is_decoded_the_same_whoever_is_beside_it():
    module, z = made(), torch.randn(4, 6, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(module.decode(z)[2:3], module.decode(z[2:3]), atol=1e-6)


def test_a_recoded_latent_is_the_affine_image_and_draws_the_same_pictures():
    module, x = made(4), pictures()
    z, y = module.encode(x), module(x)
    draw = torch.Generator().manual_seed(2)
    matrix, centre = torch.randn(4, 4, generator=draw), torch.randn(4, generator=draw)
    autoencoder.recode(module, matrix, centre)
    assert torch.allclose(module.encode(x), (z - centre) @ matrix.T, atol=1e-3)
    assert torch.allclose(module(x), y, atol=1e-4)


def test_recoding_a_gaussian_by_a_permutation_permutes_mean_and_variance():
    module, x, order = made(4, spread=True), pictures(), torch.tensor([2, 0, 3, 1])
    (mean, log_variance), y = module.gaussians(x), module(x)
    autoencoder.recode(module, torch.eye(4)[order], torch.zeros(4))
    found = module.gaussians(x)
    assert torch.allclose(found[0], mean[:, order], atol=1e-5)
    assert torch.allclose(found[1], log_variance[:, order], atol=1e-5)
    assert torch.allclose(module(x), y, atol=1e-5)


def test_the_same_weights_make_the_same_network_again():
    module, x = made(spread=True).eval(), pictures()
    again = autoencoder.network(module.form, module.state_dict())
    assert torch.equal(again(x), module(x))
    assert not any(p.requires_grad for p in again.parameters())


def test_drawn_weights_keep_the_size_of_what_goes_through():
    """He's rule: after a ReLU's half, each layer's outputs have the mean square of its inputs."""
    for part, x in (
        (torch.nn.Conv2d(32, 64, 3, padding="valid"), torch.randn(8, 32, 20, 20)),
        (torch.nn.ConvTranspose2d(32, 64, 4, stride=2, padding=1), torch.randn(8, 32, 20, 20)),
        (torch.nn.Linear(512, 512), torch.randn(64, 512)),
    ):
        initial.draw(part, 0)
        y = part(F.relu(x))
        inside = (y[:, :, 4:-4, 4:-4] if y.ndim == 4 else y).detach()
        assert inside.square().mean() == pytest.approx(1.0, rel=0.15)


def test_another_seed_draws_other_weights():
    one, two, same = (made(seed=s).encoder[0].weight for s in (0, 1, 0))
    assert torch.equal(one, same)
    assert not torch.equal(one, two)


@pytest.mark.parametrize("side", [4, 32])
def test_the_norm_is_torchs_and_the_same_on_one_thread_and_two(side: int):
    x = torch.randn(2, 24, side, side).contiguous(memory_format=torch.channels_last)
    norm = Norm(8, 24)
    torch.nn.init.normal_(norm.weight)
    expected = norm(x).detach()
    norm.eval()
    before, found = torch.get_num_threads(), list[torch.Tensor]()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(norm(x[:1]).detach())
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*found)
    assert torch.allclose(found[0], expected[:1], atol=1e-5)
