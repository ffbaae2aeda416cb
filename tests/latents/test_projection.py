"""What is locked stays, exactly; what cannot be is said."""

import pytest
import torch

from core.latents import directions, projection
from core.latents.directions import Hyperplane
from core.latents.errors import LatentError

NAMES = ("glasses", "hat", "smile", "dark")


def drawn(*shape, seed=0):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=noise, dtype=torch.float64)


def normals(latent=16, seed=0):
    """Four normals that lean on each other."""
    made = drawn(4, latent, seed=seed) + 2 * drawn(latent, seed=seed + 1)
    return dict(zip(NAMES, made / made.norm(dim=1, keepdim=True), strict=True))


def test_the_read_outs_of_all_locked_attributes_stay_and_the_edited_reaches_its_target():
    known, z = normals(), drawn(20, 16, seed=5)
    found = projection.orthogonal(known, "glasses", locked=NAMES[1:])
    glasses = Hyperplane(known["glasses"], 0.3)
    moved = directions.move(z, glasses, 2.0, along=found.direction)
    for name in NAMES[1:]:
        torch.testing.assert_close(moved @ known[name], z @ known[name], rtol=0, atol=1e-12)
    assert directions.distance(moved, glasses).tolist() == pytest.approx([2.0] * 20)
    straight = directions.move(z, glasses, 2.0)
    assert all((straight @ known[n] - z @ known[n]).abs().mean() > 0.1 for n in NAMES[1:])


def test_a_projection_is_the_formula_of_its_paper_and_keeps_its_cosine():
    known = normals()
    n, N = known["hat"], torch.stack([known["smile"], known["dark"]], 1)
    expected = n - N @ torch.linalg.inv(N.T @ N) @ N.T @ n
    found = projection.orthogonal(known, "hat", locked=("dark", "smile"))
    torch.testing.assert_close(found.direction, expected / expected.norm())
    assert found.kept == pytest.approx(float(found.direction @ n))
    assert found.note == ""


def test_one_after_another_does_not_lock_what_came_first():
    known = normals()
    n = known["glasses"]
    for name in NAMES[1:]:
        n = n - (n @ known[name]) * known[name]
    assert abs(float(n @ known["hat"])) > 0.01
    found = projection.orthogonal(known, "glasses", locked=NAMES[1:])
    assert abs(float(found.direction @ known["hat"])) < 1e-12


def test_nothing_locked_is_the_normal_itself_and_orthogonal_normals_change_nothing():
    known = normals()
    found = projection.orthogonal(known, "hat", locked=())
    torch.testing.assert_close(found.direction, known["hat"])
    assert found.kept == 1
    axes = dict(zip(NAMES, torch.eye(6), strict=False))
    found = projection.orthogonal(axes, "hat", locked=("glasses", "dark"))
    torch.testing.assert_close(found.direction, axes["hat"])
    assert found.kept == pytest.approx(1)


def test_locked_attributes_that_say_the_same_are_said_and_taken_once():
    known = normals()
    known["cap"] = -known["hat"]
    found = projection.orthogonal(known, "glasses", locked=("hat", "cap", "smile"))
    once = projection.orthogonal(known, "glasses", locked=("hat", "smile"))
    torch.testing.assert_close(found.direction, once.direction)
    assert found.note.startswith("Of the 3 locked attributes only 2 are independent")


def test_locking_what_is_edited_is_refused():
    known = normals()
    with pytest.raises(LatentError, match="hat is to be edited and locked at once: unlock it"):
        projection.orthogonal(known, "hat", locked=("hat", "dark"))
    known["both"] = known["hat"] + 2 * known["dark"]
    with pytest.raises(LatentError, match="Nothing of both is left once hat, dark may not move"):
        projection.orthogonal(known, "both", locked=("hat", "dark"))


def test_names_and_normals_that_are_none_are_refused():
    known = normals()
    with pytest.raises(LatentError, match="no attribute 'beard': choose from glasses, hat"):
        projection.orthogonal(known, "hat", locked=("beard",))
    with pytest.raises(LatentError, match="No attribute is chosen"):
        projection.symmetric({})
    with pytest.raises(LatentError, match="direction of dark has the length 0"):
        projection.orthogonal({**known, "dark": torch.zeros(16)}, "hat", locked=("dark",))


def test_loewdins_normals_are_orthogonal_and_as_near_as_can_be():
    known = normals()
    made = projection.symmetric(known)
    torch.testing.assert_close(projection.cosines(made), torch.eye(4, dtype=torch.float64))
    N = torch.stack(list(known.values()), 1)
    values, axes = torch.linalg.eigh(N.T @ N)
    root = axes @ torch.diag(values.rsqrt()) @ axes.T
    torch.testing.assert_close(torch.stack(list(made.values()), 1), N @ root)

    def far(columns):
        return float((columns - N).square().sum())

    ours, gram_schmidt = torch.stack(list(made.values()), 1), torch.linalg.qr(N).Q
    gram_schmidt = gram_schmidt * (gram_schmidt * N).sum(0).sign()
    turn = torch.linalg.matrix_exp(0.05 * (drawn(4, 4) - drawn(4, 4).T))
    assert far(ours) < min(far(gram_schmidt), far(ours @ turn))


def test_normals_that_cannot_all_be_orthogonal_are_refused():
    known = normals()
    with pytest.raises(LatentError, match="one is a mix of the others"):
        projection.symmetric({**known, "cap": known["hat"]})
    with pytest.raises(LatentError, match="one is a mix of the others"):
        projection.symmetric(normals(latent=3))


def test_cosines_are_those_of_the_pairs():
    known = normals()
    found = projection.cosines({name: 3 * n for name, n in known.items()})
    assert float(found[0, 2]) == pytest.approx(float(known["glasses"] @ known["smile"]))
