"""Elites never get worse, a child may win any class, and odds are those of the probabilities."""

import pytest
import torch

from core.evolution import elites, lineage, walls
from core.evolution.elites import NOBODY


def batch(n, first, genes=3, origin=NOBODY):
    names = first + torch.arange(n)
    return {
        "genomes": names[:, None].expand(-1, genes).float(),
        "name": names,
        "parent": torch.full((n,), NOBODY),
        "origin": torch.full((n,), origin),
    }


def test_odds_are_those_of_the_probabilities():
    logits = 4 * torch.randn(50, 7, generator=torch.Generator().manual_seed(0))
    p = logits.double().softmax(1)
    assert torch.allclose(elites.odds(logits).double(), (p / (1 - p)).log(), atol=1e-4)


def test_odds_tell_apart_what_a_probability_rounds_to_one():
    logits = torch.tensor([[40.0, 0.0, 0.0], [60.0, 0.0, 0.0]])
    assert (logits.softmax(1)[:, 0] == 1).all()
    less, more = elites.odds(logits)[:, 0]
    assert more - less == pytest.approx(20)


def test_nines_are_nines():
    p = torch.tensor([0.9, 0.99, 0.999])
    assert elites.nines(torch.logit(p)).tolist() == pytest.approx([1, 2, 3], abs=1e-3)


@pytest.mark.parametrize("count", [1, 2, 9, 10, 1000])
def test_the_median_is_that_of_torch_to_the_bit(count):
    values = torch.rand(count, generator=torch.Generator().manual_seed(count)).pow(8)
    assert torch.equal(elites.median(values), values.quantile(0.5))


def test_elites_never_get_worse_and_are_the_best_that_was_shown():
    seats, seen = elites.vacant(torch.zeros(1, 3), 6), []
    for generation in range(20):
        said = torch.randn(4, 6, generator=torch.Generator().manual_seed(generation))
        before = seats["odds"]
        seats, _ = elites.placed(seats, batch(4, 4 * generation), said)
        assert (seats["odds"] >= before).all()
        seen.append(said)
    shown = torch.cat(seen)
    assert torch.equal(seats["odds"], shown.amax(0))
    assert torch.equal(seats["name"], shown.argmax(0))
    assert torch.equal(seats["genomes"][:, 0].long(), seats["name"])


def test_a_child_may_win_every_class_at_once_and_one_that_is_not_better_wins_none():
    seats, won = elites.placed(elites.vacant(torch.zeros(1, 3), 5), batch(1, 7), torch.ones(1, 5))
    assert won.tolist() == [0] * 5
    assert seats["name"].tolist() == [7] * 5
    again, won = elites.placed(seats, batch(1, 8), torch.ones(1, 5))
    assert won.tolist() == [NOBODY] * 5
    assert torch.equal(again["name"], seats["name"])


def test_a_seat_counts_how_often_a_child_of_another_class_won_it():
    seats = elites.vacant(torch.zeros(1, 3), 3)
    seats, _ = elites.placed(seats, batch(1, 0), torch.zeros(1, 3))  # at random: from nobody
    seats, _ = elites.placed(seats, batch(1, 1, origin=1), torch.ones(1, 3))
    assert seats["switches"].tolist() == [1, 0, 1]


def test_parents_are_drawn_evenly_among_the_classes():
    drawn = elites.parents(10, 20_000, torch.Generator().manual_seed(0))
    assert (drawn.flatten().bincount() / drawn.numel()).tolist() == pytest.approx(
        [0.1] * 10, abs=0.01
    )


def run_of(generations, n=2, classes=4, seed=0):
    """Evolution without pictures, its log, and every individual that ever was."""
    draw = torch.Generator().manual_seed(seed)
    seats, log, all_of_them = elites.vacant(torch.zeros(1, 3), classes), None, {}
    log = lineage.empty(torch.zeros(1, 3), classes)
    for g in range(generations):
        children = batch(n, n * g)
        if g:
            chosen = elites.parents(classes, n, draw)[0]
            children |= {"parent": seats["name"][chosen], "origin": chosen}
        all_of_them |= {
            int(name): int(parent)
            for name, parent in zip(children["name"], children["parent"], strict=True)
        }
        seats, _ = elites.placed(
            seats, children, torch.randn(n, classes, generator=draw) + 0.05 * g
        )
        log = lineage.extended(log, children, seats)
    return seats, log, all_of_them


@pytest.mark.parametrize("generations", [1, 15, 16, 17, 100])
def test_an_elite_knows_its_last_ancestors_in_order(generations):
    seats, log, parents = run_of(generations)
    for label in range(4):
        found = [name for name, _, _ in lineage.ancestors(log, seats, label)]
        wanted = [int(seats["name"][label])]
        while parents[wanted[-1]] != NOBODY:
            wanted.append(parents[wanted[-1]])
        assert found == wanted[: len(found)]
        assert len(found) >= min(len(wanted), lineage.DEPTH)


def test_an_ancestor_has_its_own_genome():
    seats, log, _ = run_of(60)
    for name, _, genome in lineage.ancestors(log, seats, 2):
        assert genome.tolist() == [name] * 3


def test_a_log_comes_back_from_its_state_in_the_middle_of_a_turn():
    seats, log, _ = run_of(21)
    again = lineage.resumed(lineage.state(log), 2)
    before, after = (list(lineage.ancestors(one, seats, 1)) for one in (log, again))
    assert [(n, o) for n, o, _ in before] == [(n, o) for n, o, _ in after]
    assert len(again.fresh) == len(log.fresh) == 5


def test_nobody_comes_from_an_empty_seat():
    seats = elites.vacant(torch.zeros(1, 3), 2)
    assert list(lineage.ancestors(lineage.empty(torch.zeros(1, 3), 2), seats, 0)) == []


@pytest.mark.parametrize(
    ("classes", "columns"), [(10, 5), (1000, 40), (2, 2), (100, 10), (397, 20), (1, 1)]
)
def test_a_wall_has_no_place_left_over_where_it_can(classes, columns):
    assert walls.columns(classes) == columns


@pytest.mark.parametrize("classes", [3, 7, 10, 120])
def test_a_wall_has_every_picture_at_its_place_in_a_frame_as_bright_as_it_is_sure(classes):
    small = torch.randint(0, 256, (classes, 3, 14, 14), dtype=torch.uint8)
    seats = elites.vacant(torch.zeros(1, 3), classes)
    seats["odds"] = torch.linspace(-3, 3, classes)
    seats["origin"] = torch.arange(classes).roll(1)
    wall = walls.wall(small, seats)
    across = walls.columns(classes)
    side = wall.shape[2] // across
    width = walls._frame(classes)
    times = (side - 2 * width) // 14
    for label in range(classes):
        top, left = label // across * side, label % across * side
        tile = wall[:, top : top + side, left : left + side]
        inner = tile[:, width : side - width : times, width : side - width : times]
        assert torch.equal(inner, small[label].float() / 255)
        p, dark, bright = (
            seats["odds"][label].sigmoid(),
            *map(torch.tensor, (walls.UNSURE, walls.SURE)),
        )
        assert torch.allclose(tile[:, -1, -1], dark + (bright - dark) * p)
        assert tile[:, 0, 0].tolist() == list(walls.CAME)
