"""What is sorted is what moves; the piles come back by tape, by state and by taking back."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from core import models, pictures, records, run
from core.latents import directions, piles, sheets, spaces
from core.latents.unseen import unseen
from core.priors import octaves
from core.probe import SettingError
from core.probes import sort
from core.worlds import appearance, critters

EIGEN = sort.Settings(network="digits-eigen", example="bright", critter=30, breathing=False)
VAE = sort.Settings(breathing=False)
MINE = replace(EIGEN, example=sort.YOURS)


def going(settings, **how):
    return run.Run(sort, settings, run.resolve(sort, settings), **how)


def frame(settings, step=0, **how):
    return next(islice(going(settings, **how), step, None))


def lie(found):
    return [int(pile) for pile in found.numbers["piles"]]


def put(*those):
    """A tape that puts these (tile, pile) before the first step."""
    return [(0, {"action": "put", "tile": tile, "pile": pile}) for tile, pile in those]


def test_the_picture_moves_along_the_piles_and_the_control_along_the_same_by_chance():
    generator = models.load("digits-eigen", "generator")
    sheet = sheets.sheet(generator, 0)
    found = frame(replace(EIGEN, amount=2.0))
    those = torch.tensor(lie(found))
    z = unseen(generator, 30).z
    way = sheet.z[those == 2].mean(0) - sheet.z[those == 1].mean(0)
    way = way / way.norm()
    far = 2.0 * float((spaces.known(generator).z @ way).std())
    chance = piles.shuffled(those, 0)
    its = sheet.z[chance == 2].mean(0) - sheet.z[chance == 1].mean(0)
    for panel, normal in (("picture", way), ("control", its / its.norm())):
        expected = octaves.panel(generator.decode(z + far * normal), sort.SIDE)
        assert torch.allclose(found.panels[panel], expected, atol=1e-4), panel


def test_a_breath_goes_towards_pile_two_then_towards_pile_one_and_back():
    pulled = going(replace(EIGEN, breathing=True))
    frames = [next(pulled) for _ in range(sort.BREATH + 1)]
    moved = [float(one.numbers["moved"]) for one in frames]
    assert moved[0] == moved[-1] == 0
    assert max(moved) == pytest.approx(3, abs=1e-5)
    quarter = sort.BREATH // 4
    assert frames[quarter].numbers["achieved"] > 0 > frames[3 * quarter].numbers["achieved"]


@pytest.mark.parametrize("example", ["bright", "warm", "glasses", "species", "smile", "dark"])
def test_what_is_sorted_for_you_is_true(example: str):
    generator = models.load("critters-vae", "generator")
    sheet = sheets.sheet(generator, 3)
    those = lie(frame(replace(VAE, example=example, seed=3, count=8)))
    values = sheet.values[example].tolist()
    ones = [v for v, pile in zip(values, those, strict=True) if pile == 1]
    twos = [v for v, pile in zip(values, those, strict=True) if pile == 2]
    assert len(ones) + len(twos) == 8
    assert max(ones) < min(twos)
    if example == "bright":
        luma = torch.tensor(appearance.LUMA)[:, None, None]
        assert values == pytest.approx([float((x * luma).sum(0).mean()) for x in sheet.x], abs=1e-5)


def test_the_sheet_shows_the_pictures_whose_factors_are_told():
    generator = models.load("critters-vae", "generator")
    sheet = sheets.sheet(generator, 0)
    draw = torch.Generator().manual_seed(0)
    number = int(torch.randperm(64, generator=draw)[7])
    every = critters.sample(64, seed=4)
    one = {name: column[number : number + 1] for name, column in every.items()}
    x = critters.render(one, 64, parts=False, landmarks=False).image
    assert torch.equal(sheet.x[7:8], x)
    assert torch.allclose(sheet.z[7], generator.encode(x)[0], atol=1e-4)
    assert float(sheet.values["smile"][7]) == pytest.approx(float(one["smile"][0]))
    known = spaces.known(generator).values["smile"]
    at = list(generator.attributes).index("smile")
    expected = (float(one["smile"][0]) - float(known.mean())) / float(known.std())
    assert float(sheet.deviations[7, at]) == pytest.approx(expected, abs=1e-5)


def test_another_seed_lays_out_another_sheet():
    generator = models.load("digits-eigen", "generator")
    one, other = (sheets.sheet(generator, seed) for seed in (0, 1))
    assert len(one.x) == sort.TILES
    assert not torch.equal(one.x, other.x)


def test_a_picture_that_is_put_on_a_pile_wears_its_badge():
    plain = frame(MINE).panels["sheet"]
    found = frame(MINE, tape=put((3, "one"), (5, "two"))).panels["sheet"]
    changed = [i for i in range(sort.TILES) if not torch.equal(plain[i], found[i])]
    assert changed == [3, 5]
    one, two = ((found[i] - plain[i]).abs().sum(0) > 0 for i in (3, 5))
    assert not torch.equal(one, two)  # another shape, and not only another colour
    middle = slice(30, 50)
    assert torch.equal(found[3][:, middle, middle], plain[3][:, middle, middle])


def test_an_empty_pile_stands_still_and_says_what_is_missing():
    still = unseen(models.load("digits-eigen", "generator"), 30)
    for tape, said in (
        ([], "Both piles are empty"),
        (put((0, "one")), "Pile two is empty"),
        (put((0, "two")), "Pile one is empty"),
    ):
        going_on = going(MINE, tape=tape)
        found = next(going_on)
        assert found.numbers["moved"] == 0
        generator = going_on.resources["network"]
        expected = octaves.panel(generator.decode(still.z), sort.SIDE)
        assert torch.equal(found.panels["picture"], expected)
        caption = sort.caption(MINE, found.numbers, going_on.resources)
        assert caption.startswith(f"{said}: put a picture on each")


def test_two_pictures_move_it_and_nobody_can_be_judged():
    found = frame(MINE, tape=put((0, "one"), (1, "two")))
    assert found.numbers["moved"] == 3
    assert found.numbers["judged"] == 0
    assert "right" not in found.numbers
    assert "Left out" not in sort.caption(MINE, found.numbers, run.resolve(sort, MINE))


def test_an_example_that_nobody_knows_is_said():
    settings = replace(EIGEN, example="glasses")
    going_on = going(settings)
    said = sort.caption(settings, next(going_on).numbers, going_on.resources)
    assert "Nobody knows glasses of these pictures" in said
    assert "Nobody knows" not in sort.caption(MINE, frame(MINE).numbers, going_on.resources)


def test_a_click_goes_before_the_example_and_another_example_begins_anew():
    first = lie(frame(VAE))
    tile = first.index(1)
    pulled = going(VAE, tape=[*put((tile, "two")), (2, {"count": 12}), (3, {"example": "smile"})])
    frames = list(islice(pulled, 4))
    assert lie(frames[0])[tile] == lie(frames[2])[tile] == 2
    assert sum(pile > 0 for pile in lie(frames[2])) <= 13
    assert frames[2].numbers["moves"] == 1
    assert lie(frames[3]) == lie(frame(replace(VAE, example="smile", count=12)))
    assert frames[3].numbers["moves"] == 0


def test_clear_swap_and_undo_do_what_they_say():
    tape = [
        (step, {"action": name}) for step, name in enumerate(("swap", "clear", "undo", "undo"), 1)
    ]
    before, swapped, cleared, back, again = (lie(one) for one in islice(going(EIGEN, tape=tape), 5))
    assert swapped == [{0: 0, 1: 2, 2: 1}[pile] for pile in before]
    assert cleared == [0] * sort.TILES
    assert back == swapped
    assert again == before


def test_swapped_piles_move_it_the_other_way():
    there, back = (frame(EIGEN, tape=tape).numbers for tape in ([], [(0, {"action": "swap"})]))
    assert back["apart"] == -there["apart"]
    assert back["achieved"] * there["achieved"] < 0


def test_a_record_with_actions_brings_the_piles_back_bit_for_bit():
    steered = going(MINE)
    next(steered)
    for tile, pile in ((4, "one"), (9, "two"), (11, "two"), (4, "none"), (2, "one")):
        steered.live.act("put", tile=tile, pile=pile)
    next(steered)
    steered.live.act("undo")
    steered.live.act("put", tile=20, pile="one")
    seen = list(islice(steered, 3))
    again, said = run.replay(sort, records.unpack(records.pack(steered.record())))
    frames = list(islice(again, 5))[2:]
    assert said == []
    assert lie(frames[-1]) == lie(seen[-1])
    assert [i for i, pile in enumerate(lie(seen[-1])) if pile] == [9, 11, 20]
    for one, other in zip(seen, frames, strict=True):
        for panel in ("picture", "control", "sheet"):
            assert torch.equal(one.panels[panel], other.panels[panel])
        assert {k: v.tolist() for k, v in one.numbers.items()} == {
            k: v.tolist() for k, v in other.numbers.items()
        }


@pytest.mark.parametrize("stop", [2, 4, 9])
def test_stopped_between_clicks_and_gone_on_the_same_follows(stop: int):
    tape = [
        *put((4, "one"), (9, "two")),
        (1, {"action": "put", "tile": 7, "pile": "two"}),
        (2, {"method": "LDA"}),
        (3, {"action": "swap"}),
        (4, {"action": "undo"}),
        (6, {"example": "warm"}),
        (7, {"action": "put", "tile": 0, "pile": "none"}),
        (9, {"action": "undo"}),
    ]
    whole = going(EIGEN, tape=list(tape))
    before = list(islice(whole, stop))
    rest = list(islice(whole, 12 - stop))
    after = list(islice(going(EIGEN, tape=list(tape), state=before[-1].state()), 12 - stop))
    for one, other in zip(rest, after, strict=True):
        assert {k: v.tolist() for k, v in one.numbers.items()} == {
            k: v.tolist() for k, v in other.numbers.items()
        }
        assert torch.equal(one.panels["picture"], other.panels["picture"])


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("put", {"tile": 24, "pile": "one"}, "tile = 24 is out of range: choose 0 to 23"),
        ("put", {"tile": 0, "pile": "three"}, "pile = 'three' is unknown: choose none, one, two"),
        ("put", {"tile": 0.5, "pile": "one"}, "tile = 0.5 is not a whole number"),
        ("put", {"pail": "one"}, "There is no setting 'pail': choose from tile, pile"),
        ("clear", {"tile": 1}, "There is no setting 'tile'"),
        ("swap", {"tile": 1}, "There is no setting 'tile'"),
        ("undo", {"steps": 2}, "There is no setting 'steps'"),
        ("sort", {}, "There is no action 'sort' here: choose from put, clear, swap, undo"),
    ],
)
def test_an_action_that_cannot_be_is_refused_at_once(name, values, sentence):
    pulled = going(EIGEN)
    next(pulled)
    with pytest.raises(SettingError) as error:
        pulled.live.act(name, **values)
    assert sentence in str(error.value)
    assert lie(next(pulled)) == lie(frame(EIGEN))


def test_what_was_left_out_is_counted_as_a_loop_counts_it():
    generator = models.load("critters-vae", "generator")
    sheet, found = sheets.sheet(generator, 0), frame(replace(VAE, example="species"), 20)
    those = lie(found)
    right = 0
    for i, pile in enumerate(those):
        near, far = (
            torch.stack([sheet.z[j] for j in range(24) if j != i and those[j] == p]).mean(0)
            for p in (pile, 3 - pile)
        )
        right += bool((sheet.z[i] - near).norm() < (sheet.z[i] - far).norm())
    assert float(found.numbers["right"]) == pytest.approx(right / 24)
    shares = [
        piles.left_out(sheet.z, piles.shuffled(torch.tensor(those), k), VAE.method).share
        for k in range(sort.SHUFFLES)
    ]
    assert float(found.numbers["control right"]) == pytest.approx(sum(shares) / 16, abs=1e-6)


def test_one_more_shuffle_is_judged_at_each_frame_and_anew_after_a_move():
    sheet = sheets.sheet(models.load("critters-vae", "generator"), 0)
    tape = [(3, {"action": "swap"})]
    for step, found in enumerate(islice(going(replace(VAE, example="dark"), tape=tape), 5)):
        those = torch.tensor(lie(found))
        shares = [
            piles.left_out(sheet.z, piles.shuffled(those, k), VAE.method).share
            for k in range(step % 3 + 1)
        ]
        expected = sum(shares) / len(shares)
        assert float(found.numbers["control right"]) == pytest.approx(expected, abs=1e-6)


def test_the_cosine_is_to_the_frontier_of_all_that_is_known():
    generator = models.load("critters-vae", "generator")
    sheet, found = sheets.sheet(generator, 0), frame(replace(VAE, example="species"))
    those = torch.tensor(lie(found))
    known = spaces.known(generator)
    dogs = known.values["species"] == 1
    truth = known.z[dogs].mean(0) - known.z[~dogs].mean(0)
    mine = sheet.z[those == 2].mean(0) - sheet.z[those == 1].mean(0)
    expected = torch.nn.functional.cosine_similarity(truth, mine, dim=0)
    assert float(found.numbers["cosine"]) == pytest.approx(float(expected), abs=1e-5)
    assert float(found.numbers["apart"]) == pytest.approx(
        1 / float(known.values["species"].std()), abs=1e-5
    )
    curve = found.panels["learned"]
    live = curve.values[curve.classes.tolist().index(0)]
    assert float(live[-1, 1]) == pytest.approx(float(expected), abs=1e-5)
    assert float(live[-1, 0]) == 1
    chance = piles.shuffled(those, 0)
    its = sheet.z[chance == 2].mean(0) - sheet.z[chance == 1].mean(0)
    expected = torch.nn.functional.cosine_similarity(truth, its, dim=0).abs()
    control = curve.values[curve.classes.tolist().index(1)]
    assert float(control[-1, 1]) == pytest.approx(float(expected), abs=1e-5)
    assert float(live[0, 0]) == 0
    first = [those.tolist().index(1), those.tolist().index(2)]
    way = directions.mean_difference(sheet.z[first], those[first] == 2)
    assert float(live[0, 1]) == pytest.approx(
        abs(float(way.normal @ (truth / truth.norm()))), abs=1e-5
    )


def test_more_sorted_pictures_know_more_and_chance_does_not():
    few, many = (
        [frame(replace(VAE, example="species", count=n, seed=s), 16).numbers for s in range(6)]
        for n in (2, 24)
    )
    mean = {
        (n, name): sum(float(one[name]) for one in those) / 6
        for n, those in ((2, few), (24, many))
        for name in ("cosine", "control cosine")
    }
    assert mean[24, "cosine"] > 1.2 * mean[2, "cosine"]
    assert mean[24, "cosine"] > 2 * mean[24, "control cosine"]


def test_the_bars_are_what_the_read_out_says_beside_how_the_piles_differ():
    generator = models.load("critters-vae", "generator")
    found = frame(replace(VAE, example="species"))
    bars = found.panels["changes"]
    assert bars.names[:2] == ("Species", "in the piles")
    assert float(bars.values[0]) == pytest.approx(float(found.numbers["achieved"]), abs=0.006)
    assert float(bars.values[1]) == pytest.approx(float(found.numbers["apart"]), abs=0.006)
    z = unseen(generator, VAE.critter).z
    before = spaces.read(generator, generator.decode(z))
    assert before.shape == (
        1,
        len(generator.attributes),
    )


class Drawer:
    """A generator that only draws, over the eigendigits."""

    def __init__(self):
        self.inner = models.load("digits-eigen", "generator")
        z = torch.randn(200, self.inner.latent, generator=torch.Generator().manual_seed(9))
        seen = appearance.measured(self.inner.decode(z))
        values = {name: seen[name] for name in ("contrast", "bright", "symmetric")}
        self.known = {"independent": models.Known(z, values)}
        self.attributes = dict.fromkeys(values, z[0])

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def encode(self, x):
        raise models.NoEncoderError("It only draws.")


def test_a_generator_that_only_draws_is_sorted_by_what_can_be_measured():
    generator = Drawer()
    pulled = run.Run(sort, replace(EIGEN, example="bright"), {"network": generator})
    found = next(pulled)
    sheet = sheets.sheet(generator, 0)
    assert torch.equal(sheet.x[2:3], generator.decode(sheet.z[2:3]))
    assert found.numbers["achieved"] > 0
    said = sort.caption(EIGEN, found.numbers, {"network": generator})
    assert "deviations apart in “bright”" in said
    known = generator.known["independent"].values["bright"]
    x = generator.decode(unseen(generator, 30).z)
    at = list(generator.attributes).index("bright")
    expected = (appearance.brightness(x)[0] - known.mean()) / known.std()
    assert spaces.read(generator, x)[0, at] == pytest.approx(float(expected), abs=1e-5)


def test_the_saved_picture_of_the_sheet_has_its_badges():
    from core.pictures import panels

    found = frame(EIGEN)
    x = panels.shown(found.panels, "sheet")
    assert x.shape == (3, 4 * (sort.TILE + 1) - 1, 6 * (sort.TILE + 1) - 1)
    assert torch.equal(x, pictures.whole(found.panels["sheet"]))


def test_a_word_of_ones_own_has_no_frontier_where_only_looks_are_known():
    generator = Drawer()
    tape = put(*((tile, ("one", "two")[tile % 2]) for tile in range(9)))
    pulled = run.Run(sort, MINE, {"network": generator}, tape=tape)
    found = next(pulled)
    assert found.numbers["true"] == 0
    assert "cosine" not in found.numbers
    assert "Cosine" not in sort.caption(MINE, found.numbers, {"network": generator})
    curve = found.panels["learned"]
    live = curve.values[curve.classes.tolist().index(0)]
    z, those = sheets.sheet(generator, 0).z, torch.tensor(lie(found))
    for x, y in live.tolist():
        some = those.clone()
        some[round(2 + x * 22) :] = 0  # as they were sorted: tile by tile
        assert y == pytest.approx(piles.left_out(z, some, "mean difference").share)
    assert len({x for x, _ in live.tolist()}) == 5  # three, four, six, eight and all nine
