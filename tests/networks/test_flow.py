"""A flow goes there and back exactly, and its log p is that of the change of variables."""

import math

import torch
from torch.distributions import MultivariateNormal

from core.networks import flow, initial
from core.networks.flow import Flow, Form


def made(latent=5, seed=0):
    module = Flow(Form(latent, couplings=4, hidden=16))
    initial.draw(module, seed)
    module.centre.add_(0.3)
    module.scale.mul_(1.7)
    return module.requires_grad_(False).double()


def drawn(n, latent=5, seed=0):
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed)).double()


def test_there_and_back_is_the_same():
    module, z = made(), drawn(50)
    u, _ = module.normal(z)
    assert not torch.allclose(u, z, atol=0.1)
    assert torch.allclose(module.latents(u), z, atol=1e-9)


def test_the_volume_that_grows_is_the_jacobians_determinant():
    module = made()
    for z in drawn(4):
        jacobian = torch.autograd.functional.jacobian(lambda v: module.normal(v[None])[0][0], z)
        assert torch.allclose(module.normal(z[None])[1][0], jacobian.det().abs().log(), atol=1e-9)


def test_the_density_integrates_to_one():
    module = made(2, seed=3)
    for coupling in module.couplings:
        coupling.read[-1].weight.mul_(0.1)  # else it folds finer than a grid can see
    line = torch.linspace(-30, 30, 1601).double()
    grid = torch.cartesian_prod(line, line)
    total = module.log_p(grid).exp().sum() * (line[1] - line[0]) ** 2
    assert abs(total.item() - 1) < 1e-2


def test_what_has_just_begun_is_a_normal_density_with_the_datas_mean_and_deviations():
    module, z = Flow(Form(3, couplings=4, hidden=8)), drawn(500, 3).float() * 2 + 1
    initial.draw(module, 0)
    flow.begin(module, z)
    known = MultivariateNormal(z.mean(0), torch.diag(z.var(0)))
    assert torch.allclose(module.log_p(z), known.log_prob(z), atol=1e-4)


def test_every_number_moves_and_every_number_is_read():
    halves = torch.stack([c.kept for c in made(6).couplings])
    assert torch.equal(halves[0] + halves[1], torch.ones(6).double())
    assert (halves.sum(1) == 3).all()
    assert not torch.equal(halves[0], halves[2])


def test_a_coupling_stretches_by_no_more_than_e_squared():
    module = made()
    for coupling in module.couplings:
        coupling.read[-1].weight.mul_(1e3)
        s, _ = coupling.stretch(drawn(100))
        assert s.abs().max() <= flow.MOST
    assert math.isfinite(float(module.log_p(drawn(10)).max()))


def test_the_same_weights_make_the_same_flow_again():
    module = made().float()
    again = flow.network(module.form, module.state_dict())
    z = drawn(3).float()
    assert torch.equal(again.log_p(z), module.log_p(z))
