"""Paint lies where it was put, and the noise follows it."""

import torch

from core.diffusion import painting, sampling
from core.diffusion.sampling import Guess

A = torch.tensor(0.3)


def guess(x_t):
    return sampling.guess_from_x_0(x_t, torch.zeros_like(x_t), A)


def test_a_dab_is_a_disc_of_its_colour():
    x = torch.zeros(1, 3, 40, 40)
    paint = painting.dabbed(painting.nothing(x), (0.25, 0.75), 0.1, (1.0, 0.5, 0.0))
    where = paint[3] > 0
    assert abs(float(where.float().mean()) - 3.14159 * 0.1**2) < 0.004
    assert where[30, 10]
    assert not where[10, 10]
    assert paint[:3, 30, 10].tolist() == [1.0, 0.0, -1.0]
    over = painting.dabbed(paint, (0.25, 0.75), 0.1, (0.0, 0.0, 1.0))
    assert over[:3, 30, 10].tolist() == [-1.0, -1.0, 1.0]


def test_the_guess_is_painted_and_still_makes_x_t():
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    paint = painting.dabbed(painting.nothing(x), (0.5, 0.5), 0.3, (1.0, 0.0, 0.0))
    found = painting.painted(x, guess(x), paint, A)
    assert found.x_0[0, :, 8, 8].tolist() == [1.0, -1.0, -1.0]
    assert torch.equal(found.x_0[..., 0, 0], guess(x).x_0[..., 0, 0])
    assert torch.allclose(sampling.noised(found.x_0, found.epsilon, A), x, atol=1e-6)


def test_no_paint_changes_nothing():
    x = torch.randn(1, 3, 16, 16)
    before = guess(x)
    assert painting.painted(x, before, painting.nothing(x), A) is before


def test_a_grey_picture_takes_the_mean_of_the_colours():
    x = torch.zeros(1, 1, 16, 16)
    paint = painting.dabbed(painting.nothing(x), (0.5, 0.5), 0.3, (1.0, 0.5, 0.0))
    found = painting.painted(x, Guess(x, x), paint, A)
    assert found.x_0[0, 0, 8, 8] == 0
