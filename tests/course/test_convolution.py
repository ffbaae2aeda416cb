"""The page of the convolution says what its arithmetic says."""

import json
import re

import pytest

from apps.course import grids
from apps.course.lessons import convolution as subject
from core.lessons import convolution as the
from tests.course.conftest import html, proofs, shown, sound


def flipped(right):
    return lambda *given: -right(*given)


@pytest.mark.parametrize(
    ("part", "query", "red"),
    [
        ("matrix", {}, {"‖A·vec(x) − conv(x)‖∞", "‖conv(flip(w)) − true convolution‖∞"}),
        (
            "weight_gradient",
            {"view": "backward"},
            {"‖Σₚ δₚ·patchₚ − autograd‖∞", "‖#p · mean − sum‖∞"},
        ),
        ("input_gradient", {"view": "backward"}, {"‖Aᵀδ − conv_transpose(δ)‖∞"}),
    ],
)
def test_under_a_flipped_sign_the_badge_goes_red_with_the_number(monkeypatch, part, query, red):
    monkeypatch.setattr(the, part, flipped(getattr(the, part)))
    fails = {
        said for said, state in proofs(shown("convolution", **query)).items() if state == "fails"
    }
    assert {said.split(" = ")[0] for said in fails} == red
    for said in fails:
        number = float(re.search(r"= (\S+) ✗", said)[1])
        assert number > 0.01


def figure(**query):
    """What the grids are given."""
    page = shown("convolution", **query)
    found = [one.proto for one in page.get("bidi_component")]
    return next(json.loads(one.json) for one in found if one.component_name == "linked_grids")


def test_a_weight_is_linked_to_all_its_entries_and_to_the_pixels_it_touches():
    links = figure()["links"]
    w_11 = [at for at, weight in enumerate(links["w"]) if weight == 4]
    assert [links["A"][at] for at in w_11] == [
        5,
        22,
        41,
        58,
    ]  # rows of 16: (0,5) (1,6) (2,9) (3,10)
    assert {links["x"][at] for at in w_11} == {5, 6, 9, 10}
    assert [links["y"][at] for at in w_11] == [0, 1, 2, 3]


def test_an_output_is_a_row_and_an_input_a_column():
    shape, links = figure()["grids"]["A"], figure()["links"]
    for entry, output, column in zip(links["A"], links["y"], links["xv"], strict=True):
        assert divmod(entry, shape["columns"]) == (output, column)


def test_what_the_figure_shows_is_what_the_arithmetic_computes():
    grid = figure(n="5", s="2", p="1")["grids"]
    c = the.Convolution(5, 3, 2, 1, 1)
    w, x = the.untaught(3), the.bright_spot(5)
    assert grid["y"]["values"] == the.forward(c, w, x).flatten().tolist()
    assert grid["x"]["values"] == the.framed(c, x).flatten().tolist()
    entries = [value or 0 for value in grid["A"]["values"]]
    assert entries == the.matrix(c, w).flatten().tolist()
    assert len(grid["x"]["ghosts"]) == 49 - 25


def test_a_weight_of_zero_is_still_a_wire():
    values = figure(w=",".join("0" * 9))["grids"]["A"]["values"]
    assert values.count(0) == 36
    assert values.count(None) == 28


def test_a_mean_is_the_sum_over_the_positions():
    whole, mean = (figure(view="backward", by=by)["grids"]["w"]["values"] for by in ("sum", "mean"))
    assert mean == pytest.approx([value / 4 for value in whole])


@pytest.mark.parametrize("by", ["sum", "mean"])
def test_steps_teach_the_kernel_to_copy(by):
    page = shown("convolution", view="backward", by=by)
    said = []
    for _ in range(5):
        said.append(float(re.search(r"loss (\S+) →", html(page))[1]))
        page.button(key="learn").click()
        sound(page.run())
    assert said == sorted(said, reverse=True)
    assert said[-1] < {"sum": 0.2, "mean": 0.5}[by] * said[0]
    assert len(page.query_params["w"]) > 9


def test_too_long_a_step_is_said():
    assert "too long a step" in html(shown("convolution", view="backward", rate="3.0"))
    assert "too long a step" not in html(shown("convolution", view="backward"))


@pytest.mark.parametrize(
    "query", [{"n": "3", "k": "4"}, {"k": "3", "d": "2"}, {"n": "4", "k": "4", "d": "2", "p": "1"}]
)
def test_what_does_not_fit_is_a_sentence_with_the_remedy(query):
    page = shown("convolution", **query)
    said = html(page)
    assert "pixels a side, and the input" in said
    assert "choose a kernel of" in said
    assert proofs(page) == {}
    page.button(key="preset0").click()
    assert set(proofs(sound(page.run())).values()) == {"holds"}


@pytest.mark.parametrize("text", ["1,2", "nan," * 8 + "1", "1e400," * 8 + "1", "<b>,1", "x" * 4000])
def test_a_kernel_that_is_none_is_the_first_one(text):
    assert figure(w=text)["grids"]["w"]["values"] == the.untaught(3).flatten().tolist()


@pytest.mark.parametrize("at", ["w:99", "z", "w:", ":1", "<script>", "A:-1"])
def test_a_held_cell_that_is_none_is_let_be(at):
    for view in ("forward", "backward"):
        assert "<script>" not in html(shown("convolution", view=view, at=at))


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        (["w", 4, 1.5], ("w", 4, 1.5)),
        (["w", 4, 2], ("w", 4, 2.0)),
        (["w", 9, 1.5], None),
        (["w", -1, 1.5], None),
        (["x", 0, 1.5], None),
        (["none", 0, 1.5], None),
        (["w", "4", 1.5], None),
        (["w", 4, "1"], None),
        ("w:4", None),
        (None, None),
    ],
)
def test_only_a_number_for_a_cell_that_may_be_written_into_is_an_edit(said, taken):
    c, w, x = the.NOTES, the.untaught(3), the.bright_spot(4)
    assert grids._edit(said, subject._forward(c, w, x, "")) == taken


def test_the_share_is_not_given_away_before_the_guess():
    assert "44%" not in figure()["grids"]["A"]["title"]
    assert "44%" in figure(g="11%")["grids"]["A"]["title"]
    assert "86%" in figure(n="8")["grids"]["A"]["title"]
