"""Critters are drawn as is said: by seed, each factor as its row says, tied as the world says."""

import math

import pytest
import torch
from scipy import stats

from core.worlds import critters
from core.worlds.critters import FACTORS, SPECIES, WORLDS, FactorError, sampling

MANY = 8_000
SMILES, KINDS, BGS = [-0.102067, -0.794095, 0.677109, 0.253598], [0, 0, 1, 0, 0, 1], [0, 2, 2, 2]


@pytest.fixture(scope="module", params=list(WORLDS))
def world(request):
    return request.param


@pytest.fixture(scope="module")
def drawn():
    return {name: critters.sample(MANY, seed=0, world=name) for name in WORLDS}


def equal(a, b):
    return all(torch.equal(a[name], b[name]) for name in FACTORS)


def r(a, b):
    return float(torch.corrcoef(torch.stack((a.double(), b.double())))[0, 1])


def test_the_first_of_many_are_the_few(world):
    few, many = (critters.sample(n, seed=5, world=world) for n in (64, 130))
    assert equal(few, {name: column[:64] for name, column in many.items()})
    odd = critters.sample(70, seed=5, world=world)
    assert equal(odd, {name: column[:70] for name, column in many.items()})


def test_seeds_differ():
    a, b = (critters.sample(64, seed=seed) for seed in (0, 1))
    same = [name for name in FACTORS if torch.equal(a[name], b[name])]
    assert not same


def test_version_1_draws_these():
    """Whatever changes them is another version."""
    f = critters.sample(66, seed=7)
    assert critters.VERSION == 1
    assert f["smile"][[0, 1, 64, 65]].tolist() == pytest.approx(SMILES, abs=1e-6)
    assert f["species"][[0, 1, 2, 3, 64, 65]].tolist() == KINDS
    assert f["bg"][:4].tolist() == BGS


def test_one_more_factor_leaves_the_others(monkeypatch):
    before = critters.sample(64, seed=2)
    more = {"tail": FACTORS["smile"], **FACTORS}
    monkeypatch.setattr(sampling, "FACTORS", more)
    after = critters.sample(64, seed=2)
    assert "tail" in after
    assert equal(before, after)


def test_what_is_drawn_is_within_its_limits(drawn, world):
    for name, row in FACTORS.items():
        column = drawn[world][name]
        whole = row.kind == "categorical"
        assert column.dtype == (torch.int64 if whole else torch.float32), name
        assert row.low <= float(column.min()) <= float(column.max()) <= row.high, name


def test_a_factor_is_drawn_alike_in_every_world(drawn, world):
    """Continuous: its own inverse distribution, by Kolmogorov and Smirnov. Categorical: its odds."""
    for name, row in FACTORS.items():
        column = drawn[world][name]
        if row.kind == "categorical":
            odds = row.odds or (0.5, 0.5, 0.0)
            found = torch.bincount(column, minlength=len(odds)) / MANY
            assert torch.allclose(found, torch.tensor(odds), atol=4 * 0.5 / math.sqrt(MANY)), name
        elif name != "ear_flop":
            low, high = row.span or (row.low, row.high)
            u = ((column - low) / (high - low)).double()
            inner = u[(column > row.low) & (column < row.high)].sort().values
            ends = torch.tensor([row.low, row.high], dtype=torch.float64)
            edge = ((ends - low) / (high - low)).clamp(0, 1)
            share = float(edge[1] - edge[0])
            assert len(inner) / MANY == pytest.approx(share, abs=0.02), name
            even = (inner - edge[0]) / share
            assert stats.kstest(even.numpy(), "uniform").pvalue > 1e-4, name


def test_ears_droop_as_their_species_has_it():
    f = critters.sample(2000, seed=1, species=SPECIES)
    for which, (low, high) in enumerate([(0, 0.35), (0.55, 1), (0, 0.22)]):
        droop = f["ear_flop"][f["species"] == which]
        assert float(droop.min()) == pytest.approx(low, abs=0.01)
        assert float(droop.max()) == pytest.approx(high, abs=0.01)


def test_factors_of_the_independent_world_are_uncorrelated(drawn):
    f = {name: c for name, c in drawn["independent"].items() if name != "ear_flop"}
    found = torch.corrcoef(torch.stack([c.double() for c in f.values()]))
    assert float((found - torch.eye(len(f))).abs().max()) < 4.5 / math.sqrt(MANY)


@pytest.mark.parametrize("rho", [0.5, 0.8, 0.95])
def test_ties_are_as_strong_as_the_copula_says(drawn, rho):
    """Halved at p = 1/2: (2/pi) asin rho. Uniform: (6/pi) asin(rho/2). Else by the normal integral."""
    f = drawn[f"tied-{rho}"]
    half = 2 / math.pi * math.asin(rho)
    assert r(f["smile"] > 0, f["light"] > 0.5) == pytest.approx(half, abs=0.03)
    assert r(f["species"], f["warmth"] > 0.5) == pytest.approx(half, abs=0.03)
    even = 6 / math.pi * math.asin(rho / 2)
    assert r(f["smile"], f["light"]) == pytest.approx(even, abs=0.03)
    for first, worn, p in (("dark", "glasses", 0.3), ("bg_hue", "hat", 0.2)):
        both = stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([0, stats.norm.ppf(p)])
        expected = (both - p / 2) / math.sqrt(0.25 * p * (1 - p))
        assert r(f[first] > 0.5, f[worn]) == pytest.approx(expected, abs=0.03)


def test_a_tied_world_ties_nothing_else(drawn):
    f = {name: c for name, c in drawn["tied-0.95"].items() if name != "ear_flop"}
    names = list(f)
    found = torch.corrcoef(torch.stack([c.double() for c in f.values()])) - torch.eye(len(f))
    for first, second in sampling.TIES:
        i, j = names.index(first), names.index(second)
        assert float(found[i, j]) > 0.5
        found[i, j] = found[j, i] = 0
    assert float(found.abs().max()) < 4.5 / math.sqrt(MANY)


def test_the_scenery_gives_away_the_species_where_it_is_a_shortcut(drawn):
    told = {name: (f["bg"] >= 2) == (f["species"] == 1) for name, f in drawn.items()}
    assert float(told["shortcut"].float().mean()) == pytest.approx(0.95, abs=0.01)
    assert float(told["independent"].float().mean()) == pytest.approx(0.5, abs=0.02)


def test_no_dark_cat_wears_glasses_where_they_are_missing(drawn):
    def corner(f):
        return float(((f["species"] == 0) & (f["dark"] > 0.5) & (f["glasses"] == 1)).float().mean())

    assert corner(drawn["missing"]) == 0
    assert corner(drawn["independent"]) == pytest.approx(0.25 * 0.3, abs=0.01)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n": 0}, "n = 0 pictures is out of range: choose 1 to 1,000,000"),
        ({"n": 10**7}, "n = 10000000 pictures"),
        ({"seed": -1}, "seed = -1 is out of range"),
        ({"seed": 2**63}, "seed = 9223372036854775808 is out of range"),
        ({"world": "tied-2"}, "no world 'tied-2': choose from independent, tied-0.5"),
        ({"species": ()}, "No species is left"),
        ({"species": "cat"}, r"a list of names: write \('cat',\)"),
        ({"species": ("cat", "cow")}, "no species 'cow': choose from cat, dog, rabbit"),
        ({"species": ("cat", "cat")}, "named twice"),
        ({"species": ("cat",), "world": "shortcut"}, "tells two species apart: name two"),
        ({"species": ("dog",), "world": "missing"}, "add cat to species"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(given, said):
    with pytest.raises(FactorError, match=said):
        critters.sample(**({"n": 4, "seed": 0} | given))
