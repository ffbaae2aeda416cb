"""Walks begin and end where they were told to, and pass what their papers say."""

import math

import pytest
import torch

from core.latents import walks
from core.latents.errors import LatentError
from core.latents.walks import WALKS


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_begins_and_ends_in_its_latents(name):
    a, b = drawn(2, 64).float()
    points = WALKS[name](a, b, 7)
    assert points.shape == (7, 64)
    assert points.dtype == a.dtype
    assert torch.equal(points[0], a)
    assert torch.equal(points[-1], b)


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_back_passes_the_same_points(name):
    a, b = drawn(2, 16)
    torch.testing.assert_close(WALKS[name](a, b, 9), WALKS[name](b, a, 9).flip(0))


def test_a_straight_line_is_even():
    a, b = drawn(2, 16)
    torch.testing.assert_close(walks.linear(a, b, 5)[1], 0.75 * a + 0.25 * b)


def test_a_quarter_of_a_circle_is_sines_and_cosines():
    a, b = torch.eye(3, dtype=torch.float64)[:2]
    angles = torch.linspace(0, math.pi / 2, 9, dtype=torch.float64)
    circle = torch.stack((angles.cos(), angles.sin(), 0 * angles), 1)
    torch.testing.assert_close(walks.spherical(a, b, 9), circle)


def test_shoemakes_formula_is_met_where_both_ends_are_equally_long():
    a, b = drawn(2, 32)
    b = b / b.norm() * a.norm()
    angle = torch.acos(a @ b / a.norm() ** 2)
    t = torch.linspace(0, 1, 8, dtype=torch.float64)[:, None]
    slerp = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    torch.testing.assert_close(walks.spherical(a, b, 8), slerp)


def test_a_great_circle_is_walked_at_one_angular_speed_and_a_length_that_grows_evenly():
    a, b = drawn(2, 32)
    points = walks.spherical(a, 3 * b, 11)
    units = points / points.norm(dim=1, keepdim=True)
    turns = torch.acos((units[1:] * units[:-1]).sum(1))
    torch.testing.assert_close(turns, turns[:1].expand(10))
    growth = points.norm(dim=1).diff()
    torch.testing.assert_close(growth, growth[:1].expand(10))


def test_a_straight_line_is_shorter_inside_and_a_norm_preserving_walk_is_not():
    a, b = drawn(2, 64)
    even = torch.lerp(a.norm(), b.norm(), torch.linspace(0, 1, 9, dtype=torch.float64))
    assert (walks.linear(a, b, 9).norm(dim=1)[1:-1] < 0.99 * even[1:-1]).all()
    points = walks.norm_preserving(a, b, 9)
    torch.testing.assert_close(points.norm(dim=1), even)
    across = walks.linear(a, b, 9)
    torch.testing.assert_close(
        torch.cosine_similarity(points, across), torch.ones(9, dtype=torch.float64)
    )


def test_ends_of_one_direction_are_joined_by_the_straight_line():
    a = drawn(8)
    torch.testing.assert_close(walks.spherical(a, 2 * a, 5), walks.linear(a, 2 * a, 5))


def test_the_great_circle_of_nearly_parallel_ends_has_no_jump():
    a, turn = drawn(2, 8)
    for size in (1e-4, 1e-6, 1e-7, 1e-8, 1e-10):
        b = a + size * turn
        points = walks.spherical(a, b, 5)
        torch.testing.assert_close(points, walks.linear(a, b, 5), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", ["spherical", "norm-preserving"])
@pytest.mark.parametrize(
    ("end", "said"),
    [(lambda a: -a, "opposite"), (lambda a: -2 * a, "opposite"), (lambda a: 0 * a, "is zero")],
)
def test_walks_that_are_not_defined_are_refused(name, end, said):
    a = drawn(8).float()
    with pytest.raises(LatentError, match=said):
        WALKS[name](a, end(a), 5)
    assert walks.linear(a, end(a), 5).isfinite().all()


@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize(
    ("b", "steps", "said"),
    [
        (torch.ones(4), 5, "the same latent"),
        (torch.zeros(3), 5, "4 and 3 numbers"),
        (torch.full((4,), math.nan), 5, "not finite"),
        (torch.zeros(4), 1, "steps = 1 is out of range: choose 2 to 1000"),
        (torch.zeros(4), 1001, "steps = 1001"),
    ],
)
def test_ends_that_are_no_ends_are_refused(name, b, steps, said):
    with pytest.raises(LatentError, match=said):
        WALKS[name](torch.ones(4), b, steps)


def test_through_a_flow_is_the_walk_in_its_space_brought_back():
    a, b = drawn(2, 4)
    turn = torch.linalg.qr(drawn(4, 4, seed=1)).Q
    scale = torch.tensor([0.1, 1, 3, 10], dtype=torch.float64)
    flow = {"forward": lambda z: z @ turn / scale, "inverse": lambda u: (u * scale) @ turn.T}
    found = walks.through_flow(a, b, 6, **flow)
    ends = flow["forward"](torch.stack((a, b)))
    torch.testing.assert_close(found, flow["inverse"](walks.spherical(*ends, 6)))
    torch.testing.assert_close(found[[0, -1]], torch.stack((a, b)))
    straight = walks.through_flow(a, b, 6, **flow, walk=walks.linear)
    torch.testing.assert_close(straight, walks.linear(a, b, 6))  # this flow is linear
    assert (found - straight).abs().max() > 0.1


def test_a_flow_that_overflows_is_said():
    a, b = drawn(2, 4).float()
    with pytest.raises(LatentError, match="inverse of the flow overflows"):
        walks.through_flow(a, b, 5, forward=lambda z: z, inverse=lambda u: (1e5 * u).exp())
    with pytest.raises(LatentError, match="no finite answer"):
        walks.through_flow(a, b, 5, forward=lambda z: z / 0, inverse=lambda u: u)
