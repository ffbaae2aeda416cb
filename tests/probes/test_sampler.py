"""The sampler finds the data again, as far as its schedule and its steps allow."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import run
from core.diffusion import sampling, schedules
from core.probe import Marks, SettingError
from core.probes import sampler
from core.worlds import plane

NOW = sampler.Settings(count=64, control=False)


def end(settings):
    """The frame at which all steps are done."""
    return next(islice(run.Run(sampler, settings, {}), sampler.NOISING + settings.steps - 1, None))


def at(frame, name):
    return frame.panels[name].values.double()


@pytest.mark.parametrize("data", ["spiral", "moons", "cat"])
def test_with_fifty_steps_half_of_all_points_end_on_a_point_of_the_data(data):
    x = at(end(replace(NOW, data=data)), "x_t")
    assert plane.nearest(x, plane.POINTS[data]()).median() < 1e-3


def test_with_ten_steps_they_end_near_one():
    x = at(end(replace(NOW, steps=10)), "x_t")
    assert plane.nearest(x, plane.spiral()).median() < 0.05


def test_as_the_notes_print_it_all_points_end_at_the_mean():
    frame = end(replace(NOW, schedule="as printed"))
    assert frame.numbers["spread"] < 0.1 < 1.4 < end(NOW).numbers["spread"] + 0.1


def test_a_point_that_is_moved_takes_another_path_and_moves_no_other():
    one, other = end(NOW), end(replace(NOW, start=(-2.0, 0.5)))
    assert not torch.equal(at(one, "start"), at(other, "start"))
    assert torch.equal(at(one, "x_t"), at(other, "x_t"))
    assert at(other, "start")[0, 0].tolist() == [-2.0, 0.5]


def test_the_path_of_the_point_is_that_of_the_sampler_from_there():
    alpha_bars = schedules.visited("linear", "leading", 50)
    from core.diffusion import exact

    x = torch.tensor([NOW.start], dtype=torch.float64)
    known = exact.denoiser(plane.DENSITIES["spiral"]())
    steps = sampling.chain(known, x, alpha_bars, torch.Generator())
    *_, last = steps
    assert torch.allclose(at(end(NOW), "start")[0, -1], last.x_next[0], atol=1e-6)


def test_on_the_way_in_the_points_hold_as_much_noise_as_the_schedule_says():
    going = run.Run(sampler, replace(NOW, count=1000), {})
    frames = list(islice(going, sampler.NOISING))
    assert frames[0].numbers["distance to data"] < 1e-6
    levels = [float(frame.numbers["alpha_bar"]) for frame in frames]
    assert levels[0] == 1
    assert levels == sorted(levels, reverse=True)
    for frame, left in zip(frames, levels, strict=True):
        apart = (at(frame, "x_t") - left**0.5 * _clean(frames)).square().mean()
        assert apart == pytest.approx(1 - left, abs=0.12)


def _clean(frames):
    return at(frames[0], "x_t")


def test_eta_of_one_is_ddpm_and_fresh_noise_is_neither():
    ddim, ddpm, fresh = (
        at(end(now), "x_t") for now in (NOW, replace(NOW, eta=1.0), replace(NOW, noise="fresh"))
    )
    assert not torch.equal(ddim, ddpm)
    assert not torch.equal(ddpm, fresh)
    assert torch.equal(fresh, at(end(replace(NOW, noise="fresh", eta=1.0)), "x_t"))


def test_the_control_knows_the_mean_and_the_covariance_and_no_more():
    frame = end(replace(NOW, count=1000, control=True))
    x = at(frame, "control x_t")
    data = plane.DENSITIES["spiral"]()
    assert torch.allclose(x.T.cov(), plane.covariance(data), atol=0.2)
    assert frame.numbers["control distance to data"] > 50 * frame.numbers["distance to data"]


def test_a_breath_ends_where_it_began_and_a_run_that_does_not_breathe_stands():
    now = replace(NOW, steps=2)
    length = sampler.length(now, {})
    frames = list(islice(run.Run(sampler, now, {}), length + 1))
    assert torch.equal(at(frames[0], "x_t"), at(frames[length], "x_t"))
    still = list(islice(run.Run(sampler, replace(now, breathing=False), {}), length + 1))
    assert torch.equal(at(still[-1], "x_t"), at(still[sampler.NOISING + 1], "x_t"))


def test_all_that_is_shown_lies_over_a_panel_that_is_there():
    frame = end(replace(NOW, control=True))
    assert {"picture", "control", "predicted x_0"} <= frame.panels.keys()
    for panel in frame.panels.values():
        assert isinstance(panel, Marks)
        assert (panel.low, panel.high) == (-sampler.EDGE, sampler.EDGE)


def test_a_start_outside_the_panel_is_refused():
    going = run.Run(sampler, NOW, {})
    next(going)
    with pytest.raises(SettingError, match=r"start = .* two numbers, x and y, each -3 to 3"):
        going.live.set(start=[4, 0])
    with pytest.raises(SettingError, match="does not fit"):
        going.live.set(start=[1])
    going.live.set(start=[1, 2])
    next(going)
    assert going.live.tape == [(1, {"start": (1.0, 2.0)})]


def test_the_caption_says_how_far_the_points_are():
    frame = end(NOW)
    numbers = {name: float(value) for name, value in frame.numbers.items()}
    said = sampler.caption(NOW, numbers, {})
    assert said.startswith("Step 50 of 50:")
    assert f"{numbers['distance to data']:.2g} from the spiral" in said
