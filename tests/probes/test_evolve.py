"""Evolve fools a network blind, and answers what it cannot do."""

from itertools import islice, pairwise

import pytest
import torch

from core import models, pictures, run
from core.evolution import elites
from core.evolution.encodings import ENCODINGS
from core.probe import SettingError
from core.probes import evolve

QUICK = {"batch": 64, "size": 14, "control": False}


def started(**settings):
    now = evolve.Settings(**{**QUICK, **settings})
    return run.Run(evolve, now, run.resolve(evolve, now))


def test_every_elite_is_as_sure_as_its_8_bit_picture_makes_the_network():
    frame = next(islice(started(), 9, None))
    state, network = frame.state(), models.load("digits")
    plan = evolve.planned(evolve.Settings(**QUICK), network)
    x = ENCODINGS["graphs"](plan).rendered(state["picture.genomes"], side=plan.side)
    saved = torch.stack([pictures.read(pictures.png(one)) for one in x])
    p = network.activations(saved, network.output).softmax(1).diagonal()
    assert torch.allclose(p, state["picture.odds"].sigmoid(), atol=1e-4)


@pytest.mark.parametrize("encoding", ["graphs", "pixels"])
def test_no_class_ever_gets_worse(encoding):
    least = [f.state()["picture.odds"] for f in islice(started(encoding=encoding), 8)]
    assert all((b >= a).all() for a, b in pairwise(least))
    assert (least[-1] > least[3]).any()


def test_children_that_are_asked_for_are_all_of_these_parents():
    going = started()
    for _ in range(6):
        next(going)
    before = next(going).state()
    going.live.act("breed", first=3, second=5)
    state = next(going).state()
    origins = state["log.fresh.origin"][-64:]
    parents = state["log.fresh.parent"][-64:]
    assert set(origins.tolist()) == {3}
    assert set(parents.tolist()) == {int(before["picture.name"][3])}


def test_a_partner_that_is_no_class_is_refused_at_once():
    going = started()
    next(going)
    with pytest.raises(SettingError, match="Small digit network knows 10 classes, 0 to 9"):
        going.live.act("breed", first=3, second=10)


def test_an_elite_close_by_has_its_ancestors_and_what_the_network_says():
    going = started()
    frame = next(islice(going, 12, None))
    _, found = evolve.portrait(going.record()["settings"], frame.state(), 4)
    mine = float(frame.state()["picture.odds"][4].sigmoid())
    assert found.line[0].sure == pytest.approx(mine, abs=1e-4)
    assert found.line[0].query > found.line[-1].query
    assert [one.query for one in found.line] == sorted((o.query for o in found.line), reverse=True)


@pytest.mark.parametrize("label", [-1, 10])
def test_a_class_that_is_none_has_no_elite(label):
    going = started()
    with pytest.raises(SettingError, match="choose 0 to 9"):
        evolve.portrait(going.record()["settings"], next(going).state(), label)


def test_a_network_without_classes_cannot_be_fooled_and_says_so(monkeypatch):
    network = models.load("digits")
    monkeypatch.setattr(network, "output", "")
    with pytest.raises(LookupError, match="knows no classes"):
        evolve.planned(evolve.Settings(), network)


def test_a_thousand_large_pictures_pixel_by_pixel_are_refused_with_the_remedy():
    network = models.load("lite0")
    with pytest.raises(ValueError, match="Choose a smaller size, or graphs"):
        evolve.planned(evolve.Settings(network="lite0", encoding="pixels", size=224), network)


def test_a_population_of_one_evolves_too():
    frames = list(islice(started(batch=1), 5))
    assert float(frames[-1].numbers["queries"]) == 5
    assert elites.sure({"odds": frames[-1].state()["picture.odds"]}).min() > 0


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.5, "50.0%"),
        (0.998, "99.8%"),
        (0.99987, "99.99%"),
        (0.99996, "99.996%"),
        (0.99999, "99.9990%"),
        (1.0, "more than 99.9999%"),
    ],
)
def test_two_that_are_nearly_sure_are_told_apart(p: float, said: str):
    assert evolve.sureness(p) == said
