"""Dream does what DeepDream says it does, and goes on."""

from itertools import islice, pairwise

import pytest
import torch
import torch.nn.functional as F

from core import models, pictures, run
from core.pictures import masks
from core.priors import calm, octaves
from core.probes import dream
from core.steps import tiles

QUICK = dream.Settings(size=128, octaves=3, steps=4, layer="blocks.3", control=True)
LITE0 = {"network": models.load("lite0")}


@pytest.fixture(scope="module")
def frames():
    going = run.Run(dream, QUICK, run.resolve(dream, QUICK))
    return list(islice(going, 20))


def test_octaves_grow_to_the_size_that_was_asked_for():
    sizes = dream.sizes(300, 400, dream.Settings(size=400, octaves=4, ratio=1.35))
    assert sizes[-1] == (288, 400)
    assert all(side % 16 == 0 for size in sizes for side in size)
    assert sizes == sorted(sizes)


def test_no_octave_is_smaller_than_the_network_can_use():
    assert min(dream.sizes(100, 3000, dream.Settings(size=64, octaves=8))) >= (32, 32)


def test_the_layer_is_driven_further_than_by_the_photograph(frames):
    found = run.resolve(dream, QUICK)
    photograph = octaves.resize(found["picture"][None], dream.sizes(1, 1, QUICK)[-1])
    before = found["network"].activations(photograph, "blocks.3").square().mean()
    assert frames[11].numbers["activation"] > 1.3 * before


def test_the_dream_goes_on_after_its_last_octave(frames):
    length = dream.length(QUICK, run.resolve(dream, QUICK))
    assert length == 12
    late = [frame.panels["picture"] for frame in frames[length:]]
    assert all(x.shape == late[0].shape for x in late)
    assert all((a - b).abs().mean() > 1e-3 for a, b in pairwise(late))


def test_the_control_dreams_another_dream(frames):
    assert (frames[11].panels["picture"] - frames[11].panels["control"]).abs().mean() > 0.02


def test_no_pixel_clips_at_eight_bits(frames):
    x = frames[-1].panels["picture"]
    assert x.min() > 0.5 / 255
    assert x.max() < 1 - 0.5 / 255


def test_pressing_leaves_the_middle_alone_and_keeps_the_order():
    x = torch.linspace(-0.5, 1.5, 401)
    pressed = calm.within(x)
    middle = (x >= calm.KNEE) & (x <= 1 - calm.KNEE)
    assert torch.equal(pressed[middle], x[middle])
    assert (pressed.diff() >= 0).all()
    assert pressed.min() > 0
    assert pressed.max() < 1


@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_smoothing_is_the_sum_of_three_gaussian_blurs(sigma):
    slope = torch.randn(1, 3, 48, 64)

    def blur(x, s):
        reach = int(6 * s + 1)
        t = torch.arange(-reach, reach + 1.0)
        kernel = torch.exp(-(t**2) / (2 * s**2))
        kernel = (kernel / kernel.sum()).view(1, 1, -1)
        for dim in (2, 3):
            rows = x.movedim(dim, -1)
            padded = F.pad(rows.flatten(0, -2)[:, None], (reach, reach), mode="circular")
            x = F.conv1d(padded, kernel).view(rows.shape).movedim(-1, dim)
        return x

    expected = blur(slope, sigma) + blur(slope, 2 * sigma) + blur(slope, sigma / 2)
    torch.testing.assert_close(calm.smoothed(slope, sigma), expected, atol=2e-2, rtol=0)


def test_without_zoom_or_step_a_late_dream_only_settles():
    settings = dream.Settings(
        size=64, octaves=1, steps=1, step_size=0, zoom=0, control=False, layer="blocks.1"
    )
    going = run.Run(dream, settings, run.resolve(dream, settings))
    early, *_, late = islice(going, 6)
    assert (early.panels["picture"] - late.panels["picture"]).abs().mean() < 0.08


SMALL = {"size": 96, "octaves": 2, "steps": 2, "jitter": 4, "layer": "blocks.2"}


def dreamt(count, uploads=None, **changes):
    settings = dream.Settings(**{**SMALL, **changes})
    going = run.Run(dream, settings, run.resolve(dream, settings, uploads))
    return list(islice(going, count))


def picture_of(frame):
    return frame.panels["picture"]


def test_outside_the_mask_the_photograph_stays_to_the_bit():
    found = dreamt(6, picture="mountain", mask="top", control=True)
    for frame in found:
        for name in ("picture", "control"):
            x = frame.panels[name]
            size = tuple(x.shape[1:])
            still = octaves.resize(pictures.load("mountain")[None], size).clamp(0, 1)[0]
            inside = F.interpolate(masks.load("top")[None], size, mode="bilinear", antialias=True)
            outside = (inside[0] == 0).expand_as(x)
            assert outside.float().mean() > 0.3
            assert torch.equal(x[outside], still[outside])
            assert (x - still)[inside[0].expand_as(x) == 1].abs().mean() > 0.01


def test_a_mask_of_another_size_and_shape_lies_over_the_whole_picture():
    narrow = torch.zeros(3, 7, 400)
    narrow[:, :, 200:] = 1
    x = picture_of(dreamt(1, {"upload-0123456789ab": narrow}, mask="upload-0123456789ab")[0])
    still = octaves.resize(pictures.load("cat")[None], tuple(x.shape[1:])).clamp(0, 1)[0]
    half = x.shape[2] // 2
    assert torch.equal(x[:, :, : half - 1], still[:, :, : half - 1])
    assert (x[:, :, half + 1 :] != still[:, :, half + 1 :]).float().mean() > 0.9


def test_a_second_layer_has_its_share_and_alone_it_is_the_first():
    (alone,) = dreamt(1, second_share=1, second_layer="blocks.3")
    (first,) = dreamt(1, layer="blocks.3")
    assert torch.equal(picture_of(alone), picture_of(first))
    (mixed,) = dreamt(1, second_share=0.5, second_layer="blocks.3")
    assert set(mixed.numbers) > {"activation", "second layer", "control second layer"}
    assert not torch.equal(picture_of(mixed), picture_of(first))


def test_a_guide_pulls_the_layer_towards_what_it_holds():
    """Of two guides, each dream fits its own better than the other's does."""
    guides, found = ("citrus", "tiger"), {}
    for name in guides:
        found[name] = picture_of(
            dreamt(12, guide=name, layer="blocks.3", steps=6, control=False)[-1]
        )
    settings = dream.Settings(**SMALL)
    network = run.resolve(dream, settings)["network"]

    def fits(x, name):
        guide = dream._finds(network, pictures.load(name))("blocks.3")
        read = network.activations(x[None], "blocks.3")[0].flatten(1).T
        return float((read @ guide.T).amax(1).mean())

    for own, other in (guides, guides[::-1]):
        assert fits(found[own], own) > 1.03 * fits(found[other], own)


@pytest.mark.parametrize(
    "what", [{"what": "channel", "channel": 5}, {"what": "class", "label": 340}]
)
def test_a_channel_and_a_class_are_driven_by_their_own_dream(what):
    alone = {"octaves": 1, "steps": 9, "size": 160, "control": False, **what}
    first, *_, last = dreamt(9, **alone)
    assert last.numbers["activation"] > first.numbers["activation"] + 1


STRANGE = {
    "a constant photograph": ({}, torch.full((3, 64, 64), 0.5)),
    "one px": ({}, torch.rand(3, 1, 1)),
    "31 x 4000": ({}, torch.rand(3, 31, 4000)),
    "the logits as the layer": ({"layer": "classifier"}, None),
    "one class as a channel of the logits": ({"layer": "classifier", "what": "channel"}, None),
    "a guide at the logits": ({"layer": "classifier", "guide": "bee"}, None),
    "nothing but a second layer": ({"second_share": 1}, None),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_strange_still_makes_a_picture(name):
    changes, x = STRANGE[name]
    mine = "upload-0123456789ab"
    own = {} if x is None else {"uploads": {mine: x}, "picture": mine}
    found = dreamt(6, **own, **changes)
    for frame in found:
        assert picture_of(frame).isfinite().all()
        assert 0 <= picture_of(frame).min() <= picture_of(frame).max() <= 1


def test_a_guide_of_any_shape_is_read():
    thin = torch.rand(3, 5, 900)
    found = dreamt(1, {"upload-0123456789ab": thin}, guide="upload-0123456789ab")
    assert picture_of(found[0]).isfinite().all()


@pytest.fixture
def tiled(monkeypatch):
    """Dreams of 96 px are read in tiles."""
    monkeypatch.setattr(tiles, "WHOLE", 80)
    monkeypatch.setattr(tiles, "CORE", 64)


def test_a_dream_in_tiles_is_the_dream_of_the_whole_and_says_what_it_does(monkeypatch):
    (whole,) = dreamt(1, octaves=1, second_share=0.5)
    monkeypatch.setattr(tiles, "WHOLE", 80)
    monkeypatch.setattr(tiles, "CORE", 64)
    frames = dreamt(10, octaves=1, second_share=0.5)
    assert [frame.panels.get("doing") for frame in frames] == [
        "tile 1 of 4", "tile 2 of 4", "tile 3 of 4", "tile 4 of 4", "moving",
        "tile 1 of 4, control", "tile 2 of 4, control", "tile 3 of 4, control",
        "tile 4 of 4, control", "moving, control",
    ]  # fmt: skip
    torch.testing.assert_close(picture_of(frames[4]), picture_of(whole), atol=1e-3, rtol=0)
    for name, value in whole.numbers.items():
        torch.testing.assert_close(frames[9].numbers[name], value, rtol=1e-4, atol=1e-4)


def test_frames_of_a_dream_in_tiles_are_counted(tiled):
    settings = dream.Settings(**SMALL)
    going = run.Run(dream, settings, run.resolve(dream, settings))
    assert going.length() == 2 * 1 + 2 * 2 * 5  # the first octave is small enough
    frames = list(islice(going, going.length()))
    assert "doing" not in frames[1].panels
    assert frames[-1].panels["doing"] == "moving, control"


@pytest.mark.parametrize("stop", [1, 5, 8, 12])
def test_a_dream_stopped_in_the_middle_of_its_tiles_goes_on_with_the_same_bytes(tiled, stop):
    settings = dream.Settings(**{**SMALL, "octaves": 1, "second_share": 0.5, "steps": 1})
    resources = run.resolve(dream, settings)
    whole = run.Run(dream, settings, resources, tape=[(3, {"jitter": 9})])
    *_, last = islice(whole, stop)
    state = last.state()
    rest = [picture_of(frame) for frame in islice(whole, 14 - stop)]
    again = run.Run(dream, settings, resources, tape=[(3, {"jitter": 9})], state=state)
    for one, other in zip(islice(again, 14 - stop), rest, strict=True):
        assert torch.equal(picture_of(one), other)


def test_captions_say_what_grows_and_where():
    said = dream.caption(dream.Settings(what="class", label=340, mask="top"), {}, LITE0)
    assert said == (
        "What speaks for the class zebra grows. Outside the mask it is the photograph, to the pixel."
    )
    said = dream.caption(dream.Settings(second_share=0.25, guide="bee"), {}, LITE0)
    assert "finds most like it in the guide, and for 25% of each step what blocks.2 did" in said
