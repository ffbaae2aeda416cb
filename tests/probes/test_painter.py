"""A painter learns from some photographs and is asked of others."""

from itertools import islice

import pytest
import torch

from core import export, pictures, run
from core.export import saved
from core.networks import painter as network
from core.priors import octaves
from core.probes import painter
from core.steps import painting

SMALL = {"size": 64, "crop": 64, "layer": "blocks.2", "pattern": 1.0, "steps": 24}


def started(**settings):
    now = painter.Settings(**{**SMALL, **settings})
    return run.Run(painter, now, run.resolve(painter, now))


@pytest.fixture(scope="module")
def learned():
    return list(started())


def test_pictures_that_it_never_saw_come_nearer_to_the_style(learned):
    first, last = (float(one.numbers["unseen style left"]) for one in (learned[0], learned[-1]))
    assert last < 0.85 * first


def test_it_is_never_judged_on_what_it_learns_from(learned):
    names = {name: pictures.load(name) for name in (*painting.JUDGES, "temple")}
    found = painting.photographs(64, without="temple")
    assert len(found) == len(pictures.shipped()) - len(names)
    for x in names.values():
        assert not any(torch.equal(pictures.fit(x, 128), one) for one in found)


def test_two_frames_learn_and_the_third_paints(learned):
    panels = [frame.panels["picture"] for frame in learned[:9]]
    for i in (1, 3, 4, 6, 7):
        assert torch.equal(panels[i], panels[i - 1])
    for i in (2, 5, 8):
        assert not torch.equal(panels[i], panels[i - 1])


def test_it_ends_with_a_painting_after_so_many_steps(learned):
    assert len(learned) == painter.length(painter.Settings(**SMALL), {}) == 36
    assert torch.equal(
        painter.applied(learned[-1].state(), started().resources["picture"].new_zeros(3, 32, 32)),
        network.painted(learned[-1].state()["p"], torch.zeros(1, 3, 32, 32))[0],
    )


def test_one_that_was_kept_paints_again_and_travels_with_the_saved_picture(learned):
    x = painter.brought(painter.weights(learned[-1].state()))
    name = saved.name_of(pictures.to_uint8(x))
    now = painter.Settings(**{**SMALL, "steps": 0, "begin": name})
    going = run.Run(painter, now, run.resolve(painter, now, {name: x}))
    (frame,) = going
    p = learned[-1].state()["p"].half().float()
    again = network.painted(p, octaves.sized(pictures.load("temple"), 64))[0]
    assert torch.equal(frame.panels["picture"], again)
    file = saved.packed(frame.panels["picture"], going.record(), {name: pictures.png(x)})
    record, inputs = saved.unpacked(file)
    (same,), said = export.replayed(painter, record, inputs)
    assert torch.equal(same.panels["picture"], again)
    assert said == []


def test_a_painter_that_is_not_there_is_answered_with_what_is():
    with pytest.raises(ValueError, match="choose anew, mosaic, or bring a file"):
        started(begin="upload-0123456789ab")


def test_without_steps_it_only_paints():
    (frame,) = started(steps=0)
    p = network.initial_parameters(0)
    x = octaves.sized(pictures.load("temple"), 64)
    assert torch.equal(frame.panels["picture"], network.painted(p, x)[0])


def test_the_score_is_of_the_8_bit_picture(learned):
    frame, going = learned[-1], started()
    goal = painting.style_target(
        going.resources["network"],
        octaves.sized(going.resources["style"], 64),
        painting.photographs(64, without="temple"),
        64,
    )
    judge = painting.Judge(goal, octaves.sized(pictures.load("temple"), 64))
    shown = pictures.read(pictures.png(frame.panels["picture"]))[None]
    style, content = judge.scores(shown, "blocks.2")
    assert style == pytest.approx(float(frame.numbers["style left"]), rel=1e-5)
    assert content == pytest.approx(float(frame.numbers["content error"]), rel=1e-5)


def test_what_a_state_has_learned_goes_into_a_file(learned):
    state = learned[-1].state()
    assert torch.equal(network.unpack(painter.weights(state)), state["p"].half().float())


def test_beside_it_the_pixels_move_under_the_same_loss(learned):
    first, last = (float(learned[i].numbers["control style left"]) for i in (2, -1))
    assert last < 0.7 * first


def test_or_the_painter_before_it_learned():
    frames = list(islice(started(beside="before"), 3))
    assert torch.equal(frames[0].panels["control"], frames[2].panels["control"])
    x = octaves.sized(pictures.load("temple"), 64)
    assert torch.equal(
        frames[0].panels["control"], network.painted(network.initial_parameters(0), x)[0]
    )


def test_a_style_that_is_the_photograph_itself_and_plain_pictures_stay_finite():
    plain = torch.full((3, 40, 40), 0.5)
    for given in ({"picture": plain}, {"style": plain}, {"style": plain, "picture": plain}):
        now = painter.Settings(**SMALL)
        resources = run.resolve(painter, now) | given
        *_, frame = islice(run.Run(painter, now, resources), 3)
        for name, value in frame.numbers.items():
            assert value.isfinite().all(), name
