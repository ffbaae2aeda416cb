"""What a slider sends is a value that its setting takes."""

import gradio as gr
import pytest

from apps.kit.widgets import widget
from core import probes
from core.probe import declared


@pytest.mark.parametrize(
    ("name", "setting", "sends"),
    [
        ("diffusion", "steps", "Math.round(10 ** v)"),
        ("race", "evaluations", "Math.round(10 ** v)"),
        ("fool", "step_size", "+(10 ** v).toPrecision(3)"),
        ("diffusion", "guidance", ", v)"),
    ],
)
def test_a_slider_by_octaves_sends_whole_numbers_where_these_are_wanted(name, setting, sends):
    with gr.Blocks() as blocks:
        widget(declared(probes.load(name).Settings)[setting])
    assert any(sends in str(one.js) for one in blocks.fns.values())
