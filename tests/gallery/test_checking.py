"""A kept picture is believed in nothing: whatever of its claim is false is found out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core import export, models, pictures, probes
from core.attacks import grid
from core.export import saved
from core.gallery import checking, claims, keeping
from core.gallery.checking import KEPT, LOST, UNKNOWN
from core.gallery.claims import ClaimError

SHIPPED = keeping.shipped()
LARGEST = 10**6  # bytes of the whole shipped gallery


def of(start: str) -> bytes:
    """The first shipped PNG whose name, after its number, begins so."""
    return next(path for name, path in SHIPPED.items() if name[3:].startswith(start)).read_bytes()


def anew(data: bytes, x: torch.Tensor | None = None, **changes: Any) -> bytes:
    """The same PNG with another picture, or a claim that says something else."""
    record, inputs = saved.unpacked(data)
    record["claim"] |= changes
    return saved.packed(pictures.read(data) if x is None else x, record, inputs)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_picture_still_fools(name: str):
    found = checking.check(SHIPPED[name].read_bytes())
    assert (found.verdict, found.measured is None) == (KEPT, False), found.sentence
    assert found.claim.probability == pytest.approx(found.measured.answer.claimed, abs=0.005)
    assert found.claim.fingerprint == models.load(found.claim.network).fingerprint


def test_the_shipped_gallery_is_small_and_has_all_that_it_shows():
    assert sum(path.stat().st_size for path in SHIPPED.values()) < LARGEST
    records = [saved.unpacked(path.read_bytes())[0] for path in SHIPPED.values()]
    assert {record["probe"] for record in records} == {"fool", "evolve", "linear"}
    fooled = {record["claim"]["network"] for record in records}
    assert fooled == {"lite0", "lite0-robust", "digits", "digits-linear"}


def test_the_answer_is_that_of_the_file_read_by_another_reader(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(of("lite0-pgd"))
    pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / 255
    network = models.load("lite0")
    x = (torch.from_numpy(pixels).permute(2, 0, 1)[None] - 0.5) / 0.5  # lite0's mean and deviation
    p = network.module(x.to(memory_format=torch.channels_last)).softmax(1)[0]
    found = checking.check(path.read_bytes()).measured
    assert int(p.argmax()) == found.answer.label
    assert float(p.max()) == pytest.approx(found.answer.sure, abs=1e-4)


def test_how_far_it_is_from_its_photograph_is_measured_in_whole_levels():
    data = of("lite0-pgd")
    record, _ = saved.unpacked(data)
    photograph = pictures.square(pictures.load(record["settings"]["picture"]), 128)
    moved = pictures.to_uint8(pictures.read(data)).int() - pictures.to_uint8(photograph).int()
    found = checking.check(data)
    assert round(found.measured.most) == int(moved.abs().max()) == 2
    assert found.claim.levels == pytest.approx(found.measured.levels, abs=1e-3)


def test_one_pixel_that_moved_by_one_level_is_found_out():
    data = of("digits-pixels")
    x = pictures.read(data)
    x[0, 3, 4] += (1 if x[0, 3, 4] < 0.5 else -1) / 255
    found = checking.check(anew(data, x))
    assert found.verdict == LOST
    assert found.sentence.startswith("No longer: its pixels were changed since it was kept. Now ")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"label": 5}, "it claims to be called 5"),
        ({"probability": 0.99}, "it claims 99.0 %, and 86.9 % are measured"),
        ({"fingerprint": "0" * 16}, "has other weights here than the network that was fooled"),
        ({"network": "digits"}, "Small digit network has other weights here"),
        ({"was": 7}, "its photograph was called 1 before any change"),
        ({"levels": 20.0}, "it claims to be within 20 levels of its photograph (Linf), and is 24"),
        ({"side": 64}, "it was read at 64 px and is 28 px wide now"),
        ({"pixels": "upload-000000000000"}, "its pixels were changed"),
    ],
)
def test_a_claim_that_is_false_is_found_out(changes: dict[str, Any], sentence: str):
    found = checking.check(anew(of("linear"), **changes))
    assert found.verdict == LOST
    assert sentence in found.sentence


def test_another_picture_under_a_true_claim_is_found_out():
    other = pictures.square(pictures.load("cat"), 28)
    found = checking.check(anew(of("linear"), other, pixels=_name(other)))
    assert found.verdict == LOST
    assert "it claims to be called 2" in found.sentence


def _name(x: torch.Tensor) -> str:
    return saved.name_of(pictures.to_uint8(x))


def test_a_photograph_that_is_called_the_same_before_any_change_fools_nobody():
    data = of("linear")
    record, _ = saved.unpacked(data)
    record["settings"] |= {"sample": 20}  # a 2, which the picture is called
    found = checking.check(saved.packed(pictures.read(data), record, {}))
    assert found.verdict == LOST
    assert "called the same before any change" in found.sentence


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        ("torchvision/resnet18", "python -m core fetch torchvision/resnet18"),
        ("lite9", "There is no network 'lite9'"),
    ],
)
def test_a_network_that_is_not_here_cannot_be_checked(network: str, sentence: str):
    found = checking.check(anew(of("linear"), network=network))
    assert (found.verdict, found.measured) == (UNKNOWN, None)
    assert sentence in found.sentence


@pytest.mark.parametrize(
    "claim",
    [
        None, [], 7, "lite0", {}, {"network": "digits-linear"},
        {"network": 3, "fingerprint": "", "side": 28},
        {"network": "digits-linear", "fingerprint": "", "side": -1},
        {"network": "digits-linear", "fingerprint": "", "side": True},
        {"network": "digits-linear", "fingerprint": "", "side": 28, "probability": float("nan")},
        {"network": "digits-linear", "fingerprint": "", "side": 28, "norm": "L3"},
        {"network": "digits-linear", "fingerprint": "", "side": 28, "label": 10},
        {"network": "digits-linear", "fingerprint": "", "side": 28, "label": 10**9},
        {"network": "digits-linear", "fingerprint": "", "side": 28, "more": 1},
        {"network": "digits-linear" * 99, "fingerprint": "", "side": 28},
    ],
)  # fmt: skip
def test_a_claim_that_is_none_is_answered_with_a_sentence(claim: Any):
    record, _ = saved.unpacked(of("linear"))
    with pytest.raises(ClaimError, match=r"keep it anew|knows 10 classes|cannot be read"):
        checking.check(saved.packed(pictures.read(of("linear")), record | {"claim": claim}, {}))


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"probe": "dream"}, "comes from a page that fools nobody"),
        ({"probe": ["fool"]}, "comes from a page that fools nobody"),
        ({"probe": "evolve"}, "shows a whole wall"),
        ({"probe": "linear"}, "shows the whole sum"),
        ({"probe": "fool", "twin": {}}, "takes squares"),
        ({"probe": "fool", "twin": {"settings": {}}}, "two runs side by side"),
    ],
)
def test_what_shows_no_single_picture_that_fools_is_refused_with_what_to_bring(record, sentence):
    x = torch.zeros(3, 32, 64)
    with pytest.raises(ClaimError, match=sentence):
        checking.check(saved.packed(x, record, {}))


def started(probe: str, **settings: Any) -> Any:
    return export.started(probes.load(probe), settings, {})


def reached(run: Any, step: int) -> Any:
    frame = next(run)
    while frame.step < step:
        frame = next(run)
    return frame


QUICK = {"network": "lite0", "size": 64, "aim": "anything else", "epsilon": 8, "landscape": 0}


def test_a_picture_that_a_page_saved_is_checked_by_its_settings():
    run = started("fool", **QUICK, attack="FGSM", picture="bee")
    frame = reached(run, 1)
    found = checking.check(saved.packed(frame.panels["picture"], run.record(), {}))
    assert found.verdict == KEPT
    assert (found.claim.label, found.claim.levels) == (None, 8.0)
    assert found.sentence.startswith("Its PNG claims no number; ")
    before = checking.check(saved.packed(_photograph(), run.record(), {}))
    assert before.verdict == LOST
    assert "nothing is fooled" in before.sentence


def _photograph() -> torch.Tensor:
    return pictures.square(pictures.load("bee"), 64)


def test_before_anything_is_fooled_nothing_is_kept():
    run = started("fool", **QUICK, picture="bee")
    with pytest.raises(
        keeping.NotFooledError, match=r"nothing to keep yet: .* as before any change"
    ):
        keeping.exhibit(run.record(), next(run), {})


def test_an_elite_that_is_called_something_else_is_not_kept():
    run = started("evolve", network="digits-linear", encoding="pixels", control=False, batch=1)
    frame = reached(run, 0)
    label = int(frame.state()["picture.odds"].argmin())
    with pytest.raises(keeping.NotFooledError, match="and of what is wanted"):
        keeping.exhibit(run.record(), frame, {}, label)


def test_an_elite_is_kept_at_the_size_at_which_it_was_judged(monkeypatch, tmp_path):
    run = started("evolve", control=False, size=14)
    frame = reached(run, 9)
    data = keeping.exhibit(run.record(), frame, {}, 4)
    found = checking.check(data)
    assert (found.verdict, found.claim.side, found.claim.label) == (KEPT, 14, 4)
    odds = frame.state()["picture.odds"][4]
    assert found.measured.answer.claimed == pytest.approx(float(odds.sigmoid()), abs=1e-4)
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    name = keeping.keep(data)
    assert keeping.saved_pictures()[name].read_bytes() == data
    keeping.drop(name)
    assert not keeping.saved_pictures()
    with pytest.raises(ClaimError, match="not in the gallery any more"):
        keeping.drop(name)


def test_a_photograph_of_ones_own_travels_along_and_is_what_the_picture_was():
    mine = torch.rand(3, 70, 90, generator=torch.Generator().manual_seed(0))
    inputs = {saved.name_of(pictures.to_uint8(mine)): pictures.png(mine)}
    settings = {**QUICK, "attack": "FGSM", "picture": next(iter(inputs))}
    run = export.started(probes.load("fool"), settings, inputs)
    data = keeping.exhibit(run.record(), reached(run, 1), inputs)
    found = checking.check(data)
    assert found.verdict == KEPT
    assert found.how.endswith("from a photograph of somebody's own")
    square = pictures.eight_bit(pictures.square(pictures.read(inputs[settings["picture"]]), 64))
    assert torch.equal(found.measured.before, square)
    far = grid.distance(square[None], found.x[None], "Linf")
    assert float(far) * 255 == pytest.approx(found.measured.levels)


def test_what_steered_a_run_counts_up_to_the_step_that_is_kept():
    run = started("linear", breathing=False)
    next(run)
    run.live.set(contrast=0.4, epsilon=40)
    frame = next(run)
    record = run.record() | {"step": 1}
    assert claims.now(record).contrast == 0.4
    assert claims.now(record | {"step": 0}).contrast == 0.6
    assert checking.check(keeping.exhibit(record, frame, {})).measured.most == pytest.approx(40)
