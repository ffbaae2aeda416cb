"""What edits do to each other, against one critter after another by hand."""

import pytest
import torch

from core import models
from core.latents import leaks, projection, spaces
from core.metrics import leakage, ridge

WORLD, TIED, METHOD = "independent", "tied-0.8", "ridge"
NAMES, LOCKED = ("glasses", "dark", "smile"), ("dark", "x")


@pytest.fixture(scope="module")
def vae():
    return models.load("critters-vae", "generator")


def measured(generator, wish, count=leaks.COUNT):
    compared = leaks.edits(generator, wish)
    found = leaks.nothing(generator, wish)
    for _ in range(count):
        found = leaks.further(generator, compared, found)
    return found


def test_a_step_moves_the_edited_readout_by_a_deviation_and_no_locked_one(vae):
    known = spaces.known(vae, WORLD).z
    normals = spaces.normals(vae, WORLD, METHOD)
    deviation = (known @ normals["glasses"]).std()
    for locked in ((), LOCKED, tuple(normals)):
        found = leaks.step(vae, WORLD, METHOD, "glasses", locked)
        assert found.held == tuple(name for name in locked if name != "glasses")
        assert found.whole @ normals["glasses"] == pytest.approx(float(deviation), rel=1e-4)
        for name in found.held:
            assert abs(float(found.whole @ normals[name])) < 1e-4, name


def test_where_nothing_would_be_left_the_edit_is_free():
    eigen = models.load("digits-eigen", "generator")
    free = leaks.step(eigen, WORLD, METHOD, "towards 3")
    found = leaks.step(eigen, WORLD, METHOD, "towards 3", tuple(eigen.attributes))
    assert found.held == ()
    assert torch.equal(found.whole, free.whole)


def test_the_matrices_are_those_of_one_critter_after_another_by_hand(vae):
    """Directions by numpy's least squares, pictures one by one, means by leakage_matrix."""
    known, readout = spaces.known(vae, WORLD).z, spaces.readout(vae)
    wish = leaks.Compared(WORLD, METHOD, NAMES, LOCKED)
    normals = {name: n.double() for name, n in spaces.normals(vae, WORLD, METHOD).items()}
    count, every = 5, list(vae.attributes)
    for place, locks in ((leaks.FREE, ()), (leaks.HELD, LOCKED)):
        changes = []
        for name in NAMES:
            n = normals[name]
            others = [normals[one] for one in locks if one != name]
            along = n
            if others:
                N = torch.stack(others, 1)
                along = n - N @ torch.linalg.lstsq(N, n[:, None]).solution[:, 0]
            step = (along / (along @ n) * (known.double() @ n).std()).float()
            rows = []
            for z in known[:count, None]:
                with torch.no_grad():
                    read = [
                        ridge.predicted(vae.encode(vae.decode(one)), readout)
                        for one in (z, z + step)
                    ]
                rows.append((read[1] - read[0])[0])
            changes.append(torch.stack(rows))
        by_hand = leakage.leakage_matrix(torch.stack(changes))
        found = measured(vae, wish, count).matrices[place]
        torch.testing.assert_close(found, by_hand, rtol=0, atol=2e-3)
        chosen = leaks.among(found[None], NAMES, vae.attributes)[0]
        torch.testing.assert_close(chosen, by_hand[:, [every.index(n) for n in NAMES]], rtol=0, atol=2e-3)  # fmt: skip
        target = every.index("glasses")
        expected = leakage.leakage(by_hand[:1], [target])
        assert leaks.share(found[0], target) == pytest.approx(expected, abs=5e-3)


def test_cosines_are_those_of_the_normals_in_the_order_of_the_edits(vae):
    wish = leaks.Compared(WORLD, METHOD, NAMES, ())
    compared = leaks.edits(vae, wish)
    normals = spaces.normals(vae, WORLD, METHOD)
    expected = projection.cosines({name: normals[name] for name in NAMES})
    assert torch.equal(compared.cosines, expected)
    assert compared.cosines[0, 1] == pytest.approx(float(normals["glasses"] @ normals["dark"]), abs=1e-5)  # fmt: skip
    assert torch.equal(leaks.edits(vae, wish, 2).cosines, expected[:2, :2])


def test_a_world_that_ties_two_attributes_shows_the_pair(vae):
    method, names = "mean difference", ("glasses", "dark", "smile", "tilt")
    found = {}
    for world in (WORLD, TIED):
        wish = leaks.Compared(world, method, names, ())
        matrix = leaks.among(measured(vae, wish).matrices, names, vae.attributes)[leaks.FREE]
        found[world] = matrix[0] / matrix[0, 0]
    assert found[TIED][1] > 3 * found[WORLD][1].abs()
    assert found[TIED][1] > 2 * found[TIED][2:].abs().max()


def test_those_that_are_locked_are_looked_at_whatever_they_move(vae):
    first = leaks.beside(vae, WORLD, METHOD, "glasses", (), 5)
    assert "glasses" not in first
    assert len(set(first)) == 5
    normal = spaces.normals(vae, WORLD, METHOD)["glasses"].double()
    moved = dict(zip(vae.attributes, (spaces.readout(vae).weights.T @ normal).abs().tolist(), strict=True))  # fmt: skip
    del moved["glasses"]
    assert list(first) == sorted(moved, key=lambda name: -moved[name])[:5]
    last = leaks.beside(vae, WORLD, METHOD, "glasses", (), len(vae.attributes) - 1)[-1]
    assert last not in first
    found = leaks.beside(vae, WORLD, METHOD, "glasses", (last,), 5)
    assert set(found) == {*first[:4], last}


def test_what_stands_still_has_no_share():
    assert leaks.share(torch.tensor([0.0, 1.0]), 0) is None
    assert leaks.share(torch.tensor([2.0, -1.0]), 0) == pytest.approx(0.5)
