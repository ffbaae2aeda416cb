"""A run is resolved, recorded and opened again; what cannot be kept is said."""

import base64
import zlib

import pytest
import torch

from core import pictures, probes, records, run
from core.probe import SettingError
from tests.stage import counter

FEATURES, DREAM = probes.load("features"), probes.load("dream")
RECORD = {
    "v": 1,
    "probe": "dream",
    "fingerprint": "",
    "settings": {"octaves": 2, "layer": "blocks.2"},
    "tape": [[3, {"step_size": 5.0}]],
    "step": 9,
}


def packed(text):
    return base64.urlsafe_b64encode(zlib.compress(text)).decode()


def test_a_record_survives_its_link():
    assert records.unpack(records.pack(RECORD)) == RECORD


@pytest.mark.parametrize(
    "link",
    [
        "",
        "x",
        "not a link",
        "%%%",
        records.pack(RECORD)[:-9],
        packed(b"[1, 2]"),
        packed(b"{}"),
        packed(b"{" * 9999),
        packed(b'{"probe": "dream", "settings": "' + b"x" * (records.LONGEST + 9) + b'"}'),
        "é" * 40,
    ],
)
def test_a_link_that_cannot_be_read_is_answered_with_a_sentence(link):
    with pytest.raises(records.LinkError, match="This link"):
        records.unpack(link)


def test_a_link_of_another_version_keeps_what_still_fits_and_says_so():
    record = RECORD | {
        "v": 9,
        "settings": {"octaves": 99, "colour": 1, "layer": "blocks.2"},
        "tape": [[3, {"step_size": 5.0}], [4, {"octaves": 1}], ["x", {}], [5, {"action": "rain"}]],
    }
    settings, tape, said = records.read(DREAM, record)
    assert (settings.layer, settings.octaves) == ("blocks.2", DREAM.Settings().octaves)
    assert tape == [(3, {"step_size": 5.0})]
    assert "another version" in said[0]
    assert any("octaves = 99 is out of range: choose 1 to 8" in sentence for sentence in said)
    assert any("no setting 'colour'" in sentence for sentence in said)
    assert "3 of the changes" in said[-1]
    assert len(said) == 4


def test_other_weights_are_said():
    _, said = run.replay(DREAM, RECORD | {"fingerprint": "other"})
    assert "other weights of EfficientNet-Lite0" in said[0]


@pytest.mark.parametrize(
    ("probe", "changes", "sentence"),
    [
        (
            FEATURES,
            {"unit": 80},
            "unit = 80 is out of range: blocks.3 of EfficientNet-Lite0 has 80",
        ),
        (FEATURES, {"label": 1000}, "label = 1000 is out of range: EfficientNet-Lite0 knows 1000"),
        (FEATURES, {"layer": "block.3"}, "has no layer 'block.3': did you mean blocks.3"),
        (DREAM, {"network": "lite9"}, "lite9"),
        (DREAM, {"picture": "nobody"}, "nobody"),
    ],
)
def test_what_the_network_or_the_shelf_does_not_have_is_named(probe, changes, sentence):
    with pytest.raises((SettingError, LookupError, pictures.PictureError)) as error:
        run.resolve(probe, probe.Settings(**changes))
    assert sentence in str(error.value)


def test_a_live_layer_that_does_not_exist_is_refused_and_the_run_goes_on():
    settings = DREAM.Settings(size=96, octaves=1)
    going = run.Run(DREAM, settings, run.resolve(DREAM, settings))
    next(going)
    with pytest.raises(LookupError, match="did you mean"):
        going.live.set(layer="blocks.33")
    assert next(going).step == 1
    assert going.live.tape == []


def test_an_uploaded_picture_goes_before_a_shipped_one():
    settings = DREAM.Settings(picture="upload-1")
    mine = torch.rand(3, 40, 60)
    found = run.resolve(DREAM, settings, {"upload-1": mine})
    assert torch.equal(found["picture"].cpu(), mine)


def test_without_control_there_is_none():
    assert run.resolve(DREAM, DREAM.Settings(control=False))["control"] is None


def steered(**settings):
    """A run of the counter, which needs no network, with a tape of three changes."""
    tape = [(0, {"hue": 0.1}), (2, {"hue": 0.2}), (3, {"hue": 0.3})]
    return run.Run(counter, counter.Settings(delay=0, **settings), {"picture": None}, tape=tape)


def test_a_record_holds_what_was_read_up_to_its_last_frame():
    going = steered(seed=4)
    for step, held in enumerate((1, 1, 2, 3)):
        assert next(going).step == step
        record = going.record()
        assert (record["step"], len(record["tape"])) == (step, held)
    assert record["settings"] == {"delay": 0, "seed": 4}
    assert record["probe"] == "counter"


def test_a_run_that_goes_on_has_caught_up_with_what_was_read_and_no_more():
    going = steered()
    state = [next(going).state() for _ in range(3)][1]  # after two frames
    again = run.Run(
        counter, going.start, {"picture": None}, tape=list(going.live.tape), state=state
    )
    assert (again.step, again.live.now.hue) == (2, 0.1)
    next(again)
    assert again.live.now.hue == 0.2


def test_a_unit_is_counted_from_nought_to_one_fewer_than_there_are():
    resources = run.resolve(FEATURES, FEATURES.Settings(unit=0, control=False))
    count = resources["network"].layer("blocks.3").channels
    live = run.Run(FEATURES, FEATURES.Settings(control=False), resources).live
    for unit, fits in ((count - 1, True), (count, False)):
        settings = FEATURES.Settings(unit=unit, control=False)
        if fits:
            live.fits(settings)
            continue
        with pytest.raises(SettingError, match=f"units, 0 to {count - 1}"):
            live.fits(settings)


def test_a_tape_that_was_sent_is_played_in_the_order_of_its_steps():
    sent = [[5, {"hue": 0.5}], [1, {"hue": 0.1}]]
    _, tape, said = records.read(counter, {"v": 1, "probe": "counter", "tape": sent})
    assert tape == [(1, {"hue": 0.1}), (5, {"hue": 0.5})]
    assert said == []
