"""A latent comes to make the picture, and is pulled back."""

import pytest
import torch

from core.latents import inversion
from core.latents.errors import LatentError
from core.models.generators import faces
from core.networks import dcgan, initial

LATENT, SIDE = 6, 8


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


MATRIX = drawn(LATENT, 3 * SIDE * SIDE) / 10


def decode(z):
    return (0.5 + z @ MATRIX).view(-1, 3, SIDE, SIDE)


def last(steps):
    *_, end = steps
    return end


def test_the_latents_of_pictures_that_the_generator_makes_are_found():
    z = drawn(3, LATENT, seed=1)
    steps = list(inversion.inverted(decode(z), decode, torch.zeros(3, LATENT), steps=300, pull=0))
    assert [one.step for one in steps] == list(range(301))
    assert torch.equal(steps[0].z, torch.zeros(3, LATENT))
    torch.testing.assert_close(steps[-1].z, z, rtol=0, atol=1e-2)
    assert (steps[-1].error < 1e-4 * steps[0].error).all()


def test_what_a_step_says_is_of_its_own_latents():
    x, z_0 = decode(drawn(2, LATENT, seed=1)), drawn(2, LATENT, seed=2)
    for one in inversion.inverted(x, decode, z_0, steps=3):
        torch.testing.assert_close(one.x, decode(one.z))
        torch.testing.assert_close(one.error, (one.x - x).square().mean((1, 2, 3)))
        torch.testing.assert_close(one.apart, (one.z - z_0).square().mean(1).sqrt())
        assert not any(t.requires_grad for t in (one.x, one.z, one.error))


def test_the_pull_ends_where_the_normal_equations_say():
    """Of a linear generator the end is known: ridge regression towards the start."""
    x, z_0, pull = decode(drawn(1, LATENT, seed=1)), drawn(1, LATENT, seed=2), 0.05
    found = last(inversion.inverted(x, decode, z_0, steps=400, pull=pull, learning_rate=0.03)).z
    pixels = MATRIX.shape[1]
    left = MATRIX @ MATRIX.T / pixels + pull / LATENT * torch.eye(LATENT)
    right = (x - decode(z_0)).flatten(1) @ MATRIX.T / pixels
    torch.testing.assert_close(found, z_0 + right @ torch.linalg.inv(left), rtol=0, atol=2e-3)


def test_each_latent_of_a_batch_moves_alone():
    x, z_0 = decode(drawn(3, LATENT, seed=1)), drawn(3, LATENT, seed=2)
    together = last(inversion.inverted(x, decode, z_0, steps=20)).z
    for i in range(3):
        alone = last(inversion.inverted(x[i : i + 1], decode, z_0[i : i + 1], steps=20)).z
        torch.testing.assert_close(together[i : i + 1], alone)


def test_a_better_start_is_nearer_after_as_many_steps():
    z = drawn(4, LATENT, seed=1)
    near, far = z + 0.2 * drawn(4, LATENT, seed=2), torch.zeros(4, LATENT)
    ends = [last(inversion.inverted(decode(z), decode, start, steps=10)) for start in (near, far)]
    assert (ends[0].error < ends[1].error).all()


def test_without_an_encoder_the_nearest_of_many_is_the_answer(monkeypatch):
    monkeypatch.setattr(faces, "COUNT", 96)
    monkeypatch.setattr(inversion, "TRIED", 80)
    module = dcgan.Generator()
    initial.draw(module, 0)
    drawer = faces.Faces(module.eval(), name="faces", title="Faces", card=faces.CARD)
    z = drawer.known["independent"].z
    with torch.no_grad():
        x = drawer.decode(z.to(drawer.device)).cpu()
    assert torch.equal(inversion.answer(drawer, x[70:71] * 0.999).cpu(), z[70:71])
    late = inversion.answer(drawer, x[90:91]).cpu()  # beyond those that are tried
    errors = (x[:80] - x[90:91]).square().mean((1, 2, 3))
    assert torch.equal(late, z[errors.argmin()][None])


def test_a_slope_that_is_not_finite_leaves_the_latents_finite():
    def broken(z):
        return decode(z) / (z[:, :1, None, None] > 0)  # 1 / 0 where the first number is negative

    z_0 = torch.tensor([[1.0], [-1.0]]).expand(2, LATENT)
    for one in inversion.inverted(torch.zeros(2, 3, SIDE, SIDE), broken, z_0, steps=5):
        assert one.z.isfinite().all()


@pytest.mark.parametrize(
    "settings", [{"steps": 0}, {"steps": 5, "learning_rate": 0.0}, {"steps": 5, "pull": -1.0}]
)
def test_what_cannot_move_is_refused_before_it_begins(settings):
    z_0 = torch.zeros(1, LATENT)
    with pytest.raises(
        LatentError, match="at least 1 step, a rate above 0 and a pull of 0 or more"
    ):
        inversion.inverted(decode(z_0), decode, z_0, **settings)
