"""A guided dream climbs towards what the guide holds."""

import torch

from core.objectives import directions, evaluate, guided


class Same:
    """A network whose layer is the picture itself."""

    def activations(self, x, *layers):
        return x


def test_every_position_is_scored_by_its_best_match():
    noise = torch.Generator().manual_seed(0)
    x, guide = torch.randn(2, 3, 5, 7, generator=noise), torch.randn(11, 3, generator=noise)
    found = evaluate(guided("a", guide), Same(), x)
    for i in range(2):
        each = [max(float(x[i, :, r, c] @ g) for g in guide) for r in range(5) for c in range(7)]
        torch.testing.assert_close(found[i], torch.tensor(sum(each) / 35))


def test_the_slope_is_the_best_match_itself():
    guide = torch.eye(3)
    x = torch.tensor([0.1, 0.9, 0.2]).view(1, 3, 1, 1).requires_grad_()
    (slope,) = torch.autograd.grad(evaluate(guided("a", guide), Same(), x).sum(), x)
    assert slope.flatten().tolist() == [0, 1, 0]


def test_directions_leave_out_what_all_positions_share():
    noise = torch.Generator().manual_seed(0)
    a = torch.randn(1, 4, 6, 6, generator=noise)
    torch.testing.assert_close(directions(a + 100), directions(a), atol=1e-4, rtol=0)
    torch.testing.assert_close(directions(a).norm(dim=1), torch.ones(36))


def test_a_large_guide_is_looked_through_on_a_grid():
    assert len(directions(torch.rand(1, 2, 100, 80))) <= 1024
    assert directions(torch.rand(1, 5)).shape == (1, 5)
