"""Style moves a picture until its layers have the same Gram matrices as the style."""

from itertools import islice

import pytest
import torch
import torch.nn.functional as F

from core import pictures, run
from core.priors import octaves
from core.probes import style
from core.steps import styling
from core.steps.styling.goal import fitted

SMALL = {"size": 64, "sizes": 1, "control": False, "picture": "cat"}
MINE = "upload-0123456789ab"


def going(uploads=None, **changes):
    settings = style.Settings(**{**SMALL, **changes})
    return run.Run(style, settings, run.resolve(style, settings, uploads))


def styled(count, uploads=None, **changes):
    *_, frame = islice(going(uploads, **changes), count)
    return frame


def left(frame):
    return float(frame.numbers["style left"])


@pytest.mark.parametrize("how", [{}, {"optimiser": "L-BFGS"}, {"statistics": "Gaussian"}])
def test_little_is_left_of_the_style_after_two_dozen_steps(how):
    (first, *_, last) = islice(going(content_weight=0.02, **how), 24)
    assert left(first) == pytest.approx(1, abs=0.25)
    assert left(last) < 0.2


def test_a_weight_of_the_content_keeps_the_content():
    loose, tight = (styled(15, content_weight=w) for w in (0.0, 1.0))
    assert tight.numbers["content error"] < 0.7 * loose.numbers["content error"]
    assert left(loose) < left(tight)


def test_a_layer_that_weighs_more_is_nearer():
    early, late = (styled(12, weight_1=e, weight_5=4 - e) for e in (4.0, 0.0))
    assert early.numbers["stem left"] < late.numbers["stem left"]
    assert late.numbers["blocks.4 left"] < early.numbers["blocks.4 left"]


def test_every_layer_of_the_network_has_a_weight_of_its_own():
    """Alone, a layer comes nearer than it does where it weighs nothing."""
    names = styling.layers(run.resolve(style, style.Settings(**SMALL))["network"])
    none = {f"weight_{i}": 0.0 for i in range(1, styling.MOST + 1)}
    assert len(names) == styling.MOST
    for i, name in enumerate(names, 1):
        alone = styled(5, **none | {f"weight_{i}": 1.0}).numbers
        without = styled(5, **{f"weight_{i}": 0.0}).numbers
        assert alone[f"{name} left"] < without[f"{name} left"], name
        torch.testing.assert_close(alone["style left"], alone[f"{name} left"])


def test_a_weight_that_the_network_has_no_layer_for_changes_nothing():
    vgg = {"network": "vgg16-edges", "layer": "relu2_1", "content_layer": "relu3_1"}
    one, other = (styled(3, **vgg, weight_5=w).panels["picture"] for w in (0.0, 4.0))
    assert torch.equal(one, other)


def test_permuted_positions_leave_the_matrix_and_break_the_content():
    run_ = going()
    next(run_)
    run_.live.act("permute")
    numbers = next(run_).numbers
    assert numbers["Gram changed"] < 1e-5
    assert numbers["error permuted"] > 1.5 * numbers["error before"]
    run_.live.act("permute")
    assert "Gram changed" not in next(run_).numbers


def test_shuffled_content_leaves_the_style_and_no_photograph():
    numbers = styled(24, control=True, beside="shuffled content", content_weight=0.3).numbers
    assert numbers["control style left"] < 1.25 * numbers["style left"]
    assert numbers["control content error"] > 1.3 * numbers["content error"]


def test_the_tutorial_beside_it_is_the_tutorial():
    """Its loop, line by line, on the same pictures and layers: the same totals follow."""
    asked = {"control": True, "beside": "the tutorial", "picture": "cat"}
    going_ = going(**asked, sizes=2, steps=4)
    found = [frame.numbers["control tutorial's total"] for frame in islice(going_, 9)]
    network, s = (going_.resources[name] for name in ("network", "style"))
    names, at = styling.layers(network), going_.start.content_layer
    size = style.sizes(*going_.resources["picture"].shape[1:], going_.start)[-1]
    x_0 = octaves.resize(going_.resources["picture"][None], size).clamp(0, 1)
    s = fitted(s[None], max(size))

    def matrix(a):
        flat = a.flatten(2)[0]
        return flat @ flat.T / a.numel()

    with torch.no_grad():
        wanted = [matrix(a) for a in network.activations(s, *names)]
        held = network.activations(x_0, at)
    x, totals = x_0.clone().requires_grad_(), []
    optimiser = torch.optim.LBFGS([x])

    def total(x):
        *found, content = network.activations(x, *names, at)
        apart = [F.mse_loss(matrix(a), g) for a, g in zip(found, wanted, strict=True)]
        return 1e6 * sum(apart) + F.mse_loss(content, held)

    def closure():
        with torch.no_grad():
            x.clamp_(0, 1)
            totals.append(total(pictures.eight_bit(x)))
        optimiser.zero_grad()
        loss = total(x)
        loss.backward()
        return loss

    optimiser.step(closure)
    torch.testing.assert_close(torch.stack(found), torch.stack(totals[:9]), rtol=0.02, atol=0)


def test_by_the_tutorials_own_loss_ours_is_below_it():
    asked = {"loss": "the tutorial's total", "beside": "the tutorial", "control": True}
    frame = styled(24, **asked, optimiser="L-BFGS", style="brush")
    assert frame.numbers["tutorial's total"] < 0.7 * frame.numbers["control tutorial's total"]


@pytest.mark.parametrize("beside", ["shuffled content", "the tutorial"])
def test_what_stands_beside_it_goes_on_with_the_same_bytes(beside):
    now = {"control": True, "beside": beside, "sizes": 2, "steps": 2}
    whole = going(**now)
    *_, last = islice(whole, 3)
    again = run.Run(style, whole.start, whole.resources, state=last.state())
    for one, other in zip(islice(again, 3), list(islice(whole, 3)), strict=True):
        assert torch.equal(one.panels["control"], other.panels["control"])
        assert all(torch.equal(one.numbers[n], v) for n, v in other.numbers.items())


def test_the_random_twin_is_made_only_where_it_stands_beside():
    assert going(control=True).resources["control"] is not None
    assert going(control=True, beside="the tutorial").resources["control"] is None


def test_a_cell_is_the_mean_of_the_product_of_its_two_maps():
    frame = styled(3, layer="blocks.2", channel=5, other_channel=33)
    settings = style.Settings(**SMALL)
    network = run.resolve(style, settings)["network"]
    a = network.activations(pictures.eight_bit(frame.panels["picture"])[None], "blocks.2")[0]
    torch.testing.assert_close(frame.numbers["cell"], (a[5] * a[33]).mean(), rtol=1e-3, atol=1e-3)


def test_the_luminance_alone_moves_where_the_hues_are_to_stay():
    frame = styled(10, colours="luminance only")
    still = pictures.load("cat")
    x = frame.panels["picture"]
    still = F.interpolate(still[None], tuple(x.shape[1:]), mode="bicubic", antialias=True)[0].clamp(
        0, 1
    )
    inside = ((x > 0.01) & (x < 0.99)).all(0)
    apart = (x - still)[:, inside]
    assert float((apart - apart.mean(0)).abs().mean()) < 0.02
    assert float(apart.abs().mean()) > 0.02


STRANGE = {
    "a style of 5 px": ({}, {"style": MINE}, torch.rand(3, 5, 5)),
    "a style of one colour": ({}, {"style": MINE}, torch.full((3, 64, 64), 0.4)),
    "a style of one colour, as Gaussians": (
        {"statistics": "Gaussian"}, {"style": MINE}, torch.full((3, 64, 64), 0.4),
    ),
    "the photograph as its own style": ({"style": "cat"}, {}, None),
    "the photograph as its own style, as Gaussians": (
        {"style": "cat", "statistics": "Gaussian"}, {}, None,
    ),
    "all layers at 0": ({f"weight_{i}": 0.0 for i in range(1, 6)}, {}, None),
    "all weights 0": ({"style_weight": 0.0, "content_weight": 0.0}, {}, None),
    "all weights 0, L-BFGS": (
        {"style_weight": 0.0, "content_weight": 0.0, "optimiser": "L-BFGS"}, {}, None,
    ),
    "a constant photograph": ({}, {"picture": MINE}, torch.full((3, 64, 64), 0.5)),
    "a photograph of one px": ({}, {"picture": MINE}, torch.rand(3, 1, 1)),
    "a mask where almost nothing is left": (
        {}, {"mask": MINE}, torch.nn.functional.pad(torch.ones(3, 1, 1), (0, 399, 0, 399)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_strange_still_makes_a_picture(name):
    changes, named, x = STRANGE[name]
    frame = styled(5, None if x is None else {MINE: x}, **changes, **named)
    for panel in frame.panels.values():
        assert panel.isfinite().all()
    for key, number in frame.numbers.items():
        assert number.isfinite(), key


def test_an_empty_mask_is_answered_with_a_remedy():
    with pytest.raises(ValueError, match="paint white where the picture may change"):
        going({MINE: torch.zeros(3, 9, 9)}, mask=MINE)


def test_where_nothing_weighs_only_the_seed_has_moved_anything():
    one, other = (styled(n, style_weight=0.0, content_weight=0.0) for n in (1, 6))
    assert torch.equal(one.panels["picture"], other.panels["picture"])


@pytest.mark.parametrize("optimiser", ["Adam", "L-BFGS"])
@pytest.mark.parametrize("stop", [2, 3, 5])
def test_a_run_goes_on_with_the_same_bytes_across_sizes(optimiser, stop):
    settings = style.Settings(**{**SMALL, "sizes": 2, "steps": 3, "optimiser": optimiser})
    found = run.resolve(style, settings)
    tape = [(1, {"weight_5": 2.0}), (4, {"action": "permute"})]
    whole = run.Run(style, settings, found, tape=list(tape))
    *_, last = islice(whole, stop)
    rest = list(islice(whole, 8 - stop))
    again = run.Run(style, settings, found, tape=list(tape), state=last.state())
    for one, other in zip(islice(again, 8 - stop), rest, strict=True):
        assert torch.equal(one.panels["picture"], other.panels["picture"])
        assert one.numbers.keys() == other.numbers.keys()


def test_captions_say_what_is_left():
    said = style.caption(style.Settings(start="noise", content_weight=0), {"style left": 0.031}, {})
    assert said == (
        "Noise has come to the Gram matrices of mosaic: a texture. "
        "3.1% of its distance to the style is left."
    )
    said = style.caption(style.Settings(second_style="brush", share=0.25, mask="top"), {}, {})
    assert (
        said
        == "The photograph inside the mask comes to the Gram matrices of 75% mosaic and 25% brush."
    )
