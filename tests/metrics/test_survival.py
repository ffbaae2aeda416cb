"""What survives: disturbances are what they say, and shares are of the picture as it is."""

import io
from dataclasses import replace
from itertools import chain, islice

import pytest
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as tv

from core import models, pictures, probes, run
from core.metrics import disturbances, survival
from core.metrics.disturbances import DISTURBANCES
from core.metrics.survival import CONTROL, LIVE, OTHER, OptimisedPicture
from core.objectives import channel, layer, logit

WITHOUT = {"8-bit": 24, "shift": 0, "scale": 100, "rotation": 0, "blur": 0, "noise": 0}


@pytest.fixture(scope="module")
def x():
    return pictures.fit(pictures.load("raccoon"), 120)[:, :80]


@pytest.fixture(scope="module")
def network():
    return models.load("lite0")


def rows(sides, *more):
    return {row.name: row for row in chain(survival.rows(sides), *more) if row}


@pytest.mark.parametrize("name", WITHOUT)
def test_a_disturbance_without_strength_leaves_the_picture(name, x):
    for draw in range(DISTURBANCES[name].draws):
        same = DISTURBANCES[name].change(x, WITHOUT[name], draw)
        assert torch.allclose(same, x, atol=2e-5)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_disturbed_picture_is_a_picture_and_stronger_is_further_from_it(name, x):
    one = DISTURBANCES[name]
    assert one.usual in one.strengths
    far = []
    for strength in one.strengths:
        changed = one.change(x, strength, one.draws - 1)
        assert changed.min() >= 0
        assert changed.max() <= 1
        far.append(float((pictures.resized(changed, *x.shape[1:]) - x).abs().mean()))
        assert torch.equal(changed, one.change(x, strength, one.draws - 1))
    if name not in ("shift", "rotation"):  # a photograph is like itself further on, too
        assert far == sorted(far)
    assert far[-1] > far[0] or name in ("shift", "rotation")
    assert all(value > 0 for value in far[1:])


def test_eight_bits_are_those_of_a_file(x):
    fine = (x + 0.001).clamp(0, 1)
    assert torch.equal(disturbances.rounded(fine, 8), pictures.eight_bit(fine))
    assert torch.equal(disturbances.rounded(pictures.eight_bit(x), 8), pictures.eight_bit(x))


@pytest.mark.parametrize(("draw", "way"), [(0, (0, 7)), (1, (0, -7)), (2, (7, 0)), (3, (-7, 0))])
def test_a_shift_moves_every_pixel(draw, way, x):
    inside = (slice(None), slice(10, -10), slice(10, -10))
    rolled = torch.roll(x, way, (1, 2))
    assert torch.allclose(disturbances.shifted(x, 7, draw)[inside], rolled[inside], atol=1e-4)


@pytest.mark.parametrize("degrees", [5, 20])
def test_a_turn_is_torchvisions(degrees, x):
    ours = disturbances.turned(x, degrees, 0)
    theirs = tv.rotate(x, degrees, InterpolationMode.BILINEAR)
    inside = (slice(None), slice(22, -22), slice(34, -34))
    assert torch.allclose(ours[inside], theirs[inside], atol=1e-3)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 4.0])
def test_a_blur_is_torchvisions(sigma, x):
    size = 2 * int(-(-4 * sigma // 1)) + 1
    theirs = tv.gaussian_blur(x, [size, size], [sigma, sigma])
    assert torch.allclose(disturbances.blurred(x, sigma), theirs, atol=1e-5)


@pytest.mark.parametrize("quality", [90, 75, 10])
def test_a_jpeg_is_pillows(quality, x):
    file = io.BytesIO()
    pixels = pictures.to_uint8(x).permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    again = pictures.read(file.getvalue())
    assert torch.equal(disturbances.compressed(x, quality), again)


def test_a_smaller_picture_is_pillows(x):
    height, width = (round(n * 0.5) for n in x.shape[1:])
    image = Image.fromarray(pictures.to_uint8(x).permute(1, 2, 0).numpy())
    small = image.resize((width, height), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    small.save(file, "PNG")
    ours = disturbances.scaled(x, 50)
    assert (ours - pictures.read(file.getvalue())).abs().max() < 0.01


def test_an_eight_bit_picture_keeps_all_under_eight_bits_and_says_so(network, x):
    sides = {LIVE: [OptimisedPicture(pictures.eight_bit(x), layer("blocks.1"), network)]}
    found = rows(sides)
    assert list(found) == list(DISTURBANCES)
    assert found["8-bit"].kept == {LIVE: [1.0]}
    assert "already" in found["8-bit"].note


def test_shares_are_those_of_a_loop_by_hand(network, x):
    subject = OptimisedPicture(x, layer("blocks.1"), network)
    with torch.no_grad():
        raw, *four = [
            network.activations(one[None], "blocks.1").square().mean()
            for one in (x, *(disturbances.shifted(x, 5, draw) for draw in range(4)))
        ]
    found = rows({LIVE: [subject], CONTROL: [subject]})
    wanted = float(torch.stack(four).mean() / raw)
    assert found["shift"].kept == {LIVE: [pytest.approx(wanted)], CONTROL: [pytest.approx(wanted)]}
    assert found == rows({LIVE: [subject], CONTROL: [subject]})  # seeded


def test_a_curve_goes_through_the_bar(network, x):
    sides = {LIVE: [OptimisedPicture(x, layer("blocks.1"), network)]}
    points = [row for row in survival.curve(sides, "blur") if row]
    assert [p.strength for p in points] == list(DISTURBANCES["blur"].strengths)
    bar = rows(sides)["blur"]
    assert next(p for p in points if p.strength == bar.strength) == bar


def test_without_a_score_there_is_nothing_to_keep(network, x):
    sides = {LIVE: [OptimisedPicture(x, -1 * layer("blocks.1"), network)]}
    row = rows(sides)["blur"]
    assert row.kept == {LIVE: [None]}
    assert "no score" in survival.sentence(row)


def test_the_same_class_is_asked_of_the_other_network(network):
    x = pictures.square(pictures.load("tiger"), 224)
    other = models.load("lite2")
    sides = {LIVE: [OptimisedPicture(x, logit(network.output, 292), network)]}  # tiger
    row = rows(sides, survival.elsewhere(sides, other))[OTHER]
    assert row.sure[LIVE][0] > 0.5
    assert "its first" in row.note
    before = survival.score(sides[LIVE][0], x)
    assert row.kept[LIVE][0] == pytest.approx(row.sure[LIVE][0] / before.sure)


def test_in_the_same_network_a_unit_is_its_own_relative(network, x):
    sides = {LIVE: [OptimisedPicture(x, channel("blocks.2", 5), network)]}
    row = rows(sides, survival.elsewhere(sides, network))[OTHER]
    assert row.kept[LIVE][0] is None or row.kept[LIVE][0] == pytest.approx(1, abs=0.15)
    assert "blocks.2" in row.note


def test_sentences_name_one_picture_or_the_mean_of_all(network, x):
    flat = torch.full_like(x, 0.5)
    subjects = [OptimisedPicture(one, layer("blocks.1"), network) for one in (x, flat)]
    told = survival.as_json(rows({LIVE: subjects})["blur"])
    kept = told["kept"][LIVE]
    assert told["sentence"] == f"A blur of 1 px leaves {50 * sum(kept):.0f} % of the score."
    assert told["sentences"][1] == f"A blur of 1 px leaves {100 * kept[1]:.0f} % of the score."


CLIMBING = ("features", "dream")  # what is scored is the number that they climb


@pytest.mark.parametrize("name", [n for n in probes.names() if probes.load(n).scored])
def test_every_scored_probe_gives_an_objective_a_picture_that_is_its_number(name):
    probe = probes.load(name)
    small = {"canvas": 64, "view": 64, "views": "none", "noise": 0.0}
    settings = replace(probe.Settings(), **(small if name == "features" else {"size": 96}))
    resources = run.resolve(probe, settings)
    frame = next(islice(run.Run(probe, settings, resources), 0, None))
    sides = run.optimised_pictures(probe, settings, resources, frame)
    assert {name: len(s) for name, s in sides.items()} == {LIVE: 1, CONTROL: 1}
    assert sides[CONTROL][0].network is resources["control"]
    value = survival.score(sides[LIVE][0], sides[LIVE][0].picture).value
    if name in CLIMBING:
        assert value == pytest.approx(float(frame.numbers["activation"]), rel=0.6, abs=0.3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fourier_with_views_keeps_more_than_plain_pixels():
    probe, kept = probes.load("features"), {}
    for parametrisation, views in (("fourier", "recipe"), ("pixels", "none")):
        settings = replace(
            probe.Settings(), parametrisation=parametrisation, views=views, canvas=128, steps=64,
            unit=33, noise=0.0 if views == "none" else 0.03, control=False,
        )  # fmt: skip
        resources = run.resolve(probe, settings)
        frame = next(islice(run.Run(probe, settings, resources), 63, None))
        kept[views] = rows(run.optimised_pictures(probe, settings, resources, frame))
    for name in ("shift", "blur", "JPEG"):
        assert kept["recipe"][name].kept[LIVE][0] > 1.2 * kept["none"][name].kept[LIVE][0]
