"""Polynomial mutation and simulated binary crossover are those of the textbook."""

import pytest
import torch

from core.evolution.operators import one_of, polynomial, sbx

MANY = 200_000


def uniform(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def deb_mutation(x, u, eta, low, high):
    """One gene, as Deb and Goyal write it, line by line."""
    span = high - low
    if u < 0.5:
        below = 1 - (x - low) / span
        return x + ((2 * u + (1 - 2 * u) * below ** (eta + 1)) ** (1 / (eta + 1)) - 1) * span
    above = 1 - (high - x) / span
    inner = 2 * (1 - u) + 2 * (u - 0.5) * above ** (eta + 1)
    return x + (1 - inner ** (1 / (eta + 1))) * span


def test_polynomial_mutation_is_the_formula_gene_by_gene():
    genes, u = 4 * uniform(500) - 2, uniform(500, seed=1)
    found = polynomial(genes, u, eta=15.0, low=-2.0, high=2.0)
    wanted = [
        deb_mutation(x, v, 15.0, -2.0, 2.0) for x, v in zip(genes.tolist(), u.tolist(), strict=True)
    ]
    assert torch.allclose(found, torch.tensor(wanted, dtype=torch.float64), atol=1e-12)


@pytest.mark.parametrize("at", [-1.0, 0.3, 1.0])
def test_polynomial_mutation_never_leaves_its_bounds(at):
    found = polynomial(torch.full((MANY,), at), uniform(MANY).float(), eta=2.0, low=-1.0, high=1.0)
    assert found.min() >= -1
    assert found.max() <= 1


def test_half_of_the_moves_go_down_and_a_gene_in_the_middle_stays_there_in_the_mean():
    moved = polynomial(
        torch.zeros(MANY, dtype=torch.float64), uniform(MANY), eta=15.0, low=-1.0, high=1.0
    )
    assert abs((moved < 0).double().mean() - 0.5) < 0.005
    assert abs(moved.mean()) < 0.001


@pytest.mark.parametrize("eta", [2.0, 10.0])
def test_the_spread_of_a_crossover_has_the_density_of_deb_and_agrawal(eta):
    """P(beta <= b) is b^(eta + 1) / 2 below 1, and 1 - b^-(eta + 1) / 2 above."""
    one, other = torch.full((MANY,), 1.0).double(), torch.full((MANY,), -1.0).double()
    beta = sbx(one, other, uniform(MANY), eta=eta, low=-1e9, high=1e9)  # of a child: its distance
    for b in (0.5, 0.9, 1.0, 1.1, 1.5):
        wanted = b ** (eta + 1) / 2 if b <= 1 else 1 - b ** -(eta + 1) / 2
        assert abs((beta <= b).double().mean() - wanted) < 0.005, b


def test_two_children_of_one_draw_have_the_mean_of_their_parents():
    one, other, u = uniform(100), uniform(100, seed=1), uniform(100, seed=2)
    bounds = {"eta": 10.0, "low": -9.0, "high": 9.0}
    both = sbx(one, other, u, **bounds) + sbx(other, one, u, **bounds)
    assert torch.allclose(both, one + other, atol=1e-12)


def test_parents_that_are_the_same_have_children_that_are_the_same():
    one = uniform(100)
    assert torch.allclose(sbx(one, one, uniform(100, seed=1), eta=10.0, low=0.0, high=1.0), one)


def test_a_draw_is_even_among_what_is_possible_and_nothing_else():
    possible = torch.tensor([[0.0, 1.0, 0.0, 1.0, 1.0]]).expand(MANY, -1)
    counts = one_of(possible, uniform(MANY, 5).float()).mean(0)
    assert counts[[0, 2]].tolist() == [0, 0]
    assert torch.allclose(counts[[1, 3, 4]], torch.tensor(1 / 3), atol=0.01)


def test_where_nothing_is_possible_nothing_is_drawn():
    assert one_of(torch.zeros(3, 4), torch.rand(3, 4)).sum() == 0
