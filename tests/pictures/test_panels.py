"""Marks are drawn into a file as the page draws them."""

import pytest
import torch

from apps.kit.theme import TOKENS
from core import pictures
from core.pictures import panels
from core.probe import Marks

LIVE, CONTROL = ([int(panels.COLOURS[i][k : k + 2], 16) / 255 for k in (1, 3, 5)] for i in (0, 1))


def pixel(picture, right, down):
    """The colour at a place, in shares of the side."""
    side = picture.shape[-1] - 1
    return picture[:, round(down * side), round(right * side)].tolist()


def is_like(colour, other):
    return max(abs(a - b) for a, b in zip(colour, other, strict=True)) < 0.2


def test_a_point_lies_where_its_values_say_and_y_grows_upwards():
    x = panels.shown({"a": Marks("points", torch.tensor([[1.0, 2.0]]), low=0, high=4)}, "a")
    assert is_like(pixel(x, 0.25, 0.5), LIVE)
    assert pixel(x, 0.25, 0.75) == [1, 1, 1]
    high = panels.shown({"a": Marks("points", torch.tensor([[2.0, 3.0]]), low=0, high=4)}, "a")
    assert is_like(pixel(high, 0.5, 0.25), LIVE)


def test_a_third_number_moves_nothing_in_a_flat_picture():
    for form, shape in (("points", (2, 3)), ("paths", (1, 2, 3))):
        deep = torch.rand(*shape, generator=torch.Generator().manual_seed(0))
        one = panels.shown({"a": Marks(form, deep)}, "a")
        other = panels.shown({"a": Marks(form, deep[..., :2].contiguous())}, "a")
        assert torch.equal(one, other)


def test_a_path_is_a_line_from_its_first_point_to_its_last():
    line = torch.tensor([[[0.1, 0.5], [0.9, 0.5]]])
    x = panels.shown({"a": Marks("paths", line)}, "a")
    down = x[:, :, 256].mean(0)  # across the line: darkest at its middle
    assert down.argmin() in (255, 256)
    assert pixel(x, 0.5, 0.6) == [1, 1, 1]
    assert pixel(x, 0.05, 0.5) == [1, 1, 1]


def test_a_box_is_drawn_from_the_top_downwards():
    x = panels.shown({"a": Marks("boxes", torch.tensor([[0.25, 0.1, 0.75, 0.4]]))}, "a")
    assert is_like(pixel(x, 0.5, 0.1025), LIVE)
    assert pixel(x, 0.5, 0.25) == [1, 1, 1]
    assert pixel(x, 0.5, 0.9) == [1, 1, 1]


def test_a_bar_is_as_high_as_its_value():
    x = panels.shown({"a": Marks("bars", torch.tensor([1.0, 0.25]))}, "a")
    assert is_like(pixel(x, 0.25, 0.1), LIVE)
    assert pixel(x, 0.75, 0.5) == [1, 1, 1]
    assert is_like(pixel(x, 0.75, 0.9), LIVE)


def test_a_cell_is_as_strong_as_its_value_and_ink_below_zero():
    cells = torch.tensor([[1.0, 0.0], [-1.0, 0.5]])
    x = panels.shown({"a": Marks("grid", cells, low=-1, high=1)}, "a")
    assert is_like(pixel(x, 0.2, 0.2), LIVE)
    assert pixel(x, 0.8, 0.2) == [1, 1, 1]
    assert max(pixel(x, 0.2, 0.8)) < 0.2
    assert is_like(pixel(x, 0.8, 0.8), [(1 + c) / 2 for c in LIVE])


def test_marks_over_a_panel_are_drawn_on_it_and_are_no_panel_of_their_own():
    photograph = torch.zeros(3, 40, 60)
    marks = Marks("points", torch.tensor([[0.5, 0.5]]), over="picture")
    both = {"picture": photograph, "marks": marks, "doing": "a sentence"}
    assert panels.names(both) == ["picture"]
    x = panels.shown(both, "picture")
    assert x.shape == photograph.shape
    assert is_like(x[:, 20, 30].tolist(), LIVE)
    assert x[:, 0, 0].tolist() == [0, 0, 0]


def test_without_classes_marks_of_the_control_are_blue():
    x = panels.shown({"control": Marks("points", torch.tensor([[0.5, 0.5]]))}, "control")
    assert is_like(pixel(x, 0.5, 0.5), CONTROL)


def test_a_picture_without_marks_is_the_picture_itself():
    x = torch.rand(3, 8, 8)
    assert torch.equal(panels.shown({"picture": x}, "picture"), x)
    several = torch.rand(4, 3, 8, 8)
    assert torch.equal(panels.shown({"picture": several}, "picture"), pictures.whole(several))


def test_the_first_panel_stands_for_a_frame():
    x = torch.rand(3, 8, 8)
    assert panels.first({"a": x, "picture": x}) == "picture"
    assert panels.first({"said": "so", "a": x, "b": x}) == "a"
    with pytest.raises(panels.NoPanelError, match="no picture to be saved"):
        panels.first({"said": "so"})
    with pytest.raises(panels.NoPanelError, match="no panel 'c': choose from a"):
        panels.shown({"a": x}, "c")


def test_the_colours_are_those_of_the_page():
    names = ("live", "control", "class-2", "class-3", "class-4", "class-5")
    assert tuple(TOKENS[name][0] for name in names) == panels.COLOURS
    assert (TOKENS["ink"][0], TOKENS["behind"][0]) == (panels.INK, panels.BEHIND)


@pytest.mark.parametrize(
    ("form", "shape"),
    [("points", (3, 4)), ("paths", (2, 2)), ("boxes", (2, 2)), ("bars", (2, 2)), ("grid", (3,))],
)
def test_marks_of_another_shape_are_refused(form, shape):
    with pytest.raises(ValueError, match="have the shape"):
        Marks(form, torch.zeros(shape))


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="points, paths, boxes, bars, grid"):
        Marks("circles", torch.zeros(2, 2))
