"""How near a picture's code is to a photograph's, against sums written out."""

import math

import pytest
import torch

from core.objectives import PICTURE, codes, penalties


@pytest.fixture
def both():
    noise = torch.Generator().manual_seed(0)
    return torch.randn(2, 3, 4, 5, generator=noise), torch.randn(1, 3, 4, 5, generator=noise)


def test_the_photograph_itself_has_no_error(both):
    _, code = both
    assert float(codes.error(code, code)) == 0
    assert float(codes.where(code, code).sum()) == 0
    assert float(codes.cosine(code, code)) == pytest.approx(1)


def test_the_error_is_that_of_the_sums_written_out(both):
    a, code = both
    for i in range(2):
        apart = sum(
            (float(x) - float(y)) ** 2 for x, y in zip(a[i].flatten(), code.flatten(), strict=True)
        )
        size = sum(float(y) ** 2 for y in code.flatten())
        assert float(codes.error(a, code)[i]) == pytest.approx(math.sqrt(apart / size), rel=1e-5)


def test_a_picture_without_any_activation_has_an_error_of_one(both):
    _, code = both
    assert float(codes.distance(torch.zeros_like(code), code)) == pytest.approx(1)


def test_where_adds_up_to_the_distance(both):
    a, code = both
    whole = codes.where(a, code).sum((1, 2, 3)) / code.square().sum()
    torch.testing.assert_close(whole, codes.distance(a, code))


@pytest.mark.parametrize("power", [0.0, 1.0, 2.5])
def test_a_likeness_is_that_of_the_positions_one_by_one(both, power):
    a, code = both
    found = 0.0
    for r in range(4):
        for c in range(5):
            x, y = a[0, :, r, c], code[0, :, r, c]
            dot = float(x @ y)
            found += dot * max(0.1, dot / float(x.norm() * y.norm())) ** power
    assert float(codes.likeness(a, code, power)[0]) == pytest.approx(
        found / float(code.square().sum()), rel=1e-4
    )


def test_twice_the_code_is_twice_as_like(both):
    _, code = both
    one, two = (float(codes.likeness(n * code, code, 2.0)) for n in (1, 2))
    assert one == pytest.approx(1, rel=1e-4)
    assert two == pytest.approx(2, rel=1e-4)


def test_a_layer_without_positions_has_errors_too():
    a, code = torch.tensor([[3.0, 0, 0]]), torch.tensor([[0.0, 4, 0]])
    assert float(codes.error(a, code)) == pytest.approx(5 / 4)
    assert codes.where(a, code).shape == (1, 1, 1, 1)
    assert float(codes.likeness(a, code, 1.0)) == 0


def test_a_code_of_zeros_gives_numbers(both):
    a, _ = both
    nothing = torch.zeros_like(a)
    for found in (
        codes.error(a, nothing), codes.likeness(a, nothing, 1.0), codes.cosine(a, nothing)
    ):  # fmt: skip
        assert found.isfinite().all()


def test_moving_is_rolling_pixel_by_pixel():
    x = torch.arange(2 * 3 * 5 * 7).view(2, 3, 5, 7).float()
    found = codes.rolled(x, 3)
    for r in range(5):
        for c in range(7):
            assert torch.equal(found[:, :, (r + 3) % 5, (c + 3) % 7], x[:, :, r, c])
    assert torch.equal(codes.rolled(codes.rolled(x, (2, -4)), (-2, 4)), x)


def test_the_penalties_of_2015_are_those_of_the_sums_written_out():
    x = torch.rand(1, 3, 5, 6, generator=torch.Generator().manual_seed(3))
    rough = ends = 0.0
    for k in range(3):
        for r in range(5):
            for c in range(6):
                ends += abs(2 * float(x[0, k, r, c]) - 1) ** 6
                if r < 4 and c < 5:
                    here = float(x[0, k, r, c])
                    rough += (float(x[0, k, r, c + 1]) - here) ** 2
                    rough += (float(x[0, k, r + 1, c]) - here) ** 2
    tv, alpha = penalties.total_variation(2.0), penalties.extremes(6.0)
    assert float(tv.score({PICTURE: x})) == pytest.approx(rough / (3 * 4 * 5), rel=1e-4)
    assert float(alpha.score({PICTURE: x})) == pytest.approx(ends / (3 * 5 * 6), rel=1e-4)


def test_a_cosine_is_torchs_of_all_positions_together(both):
    a, code = both
    expected = torch.nn.functional.cosine_similarity(a.flatten(1), code.flatten(1))
    torch.testing.assert_close(codes.cosine(a, code), expected)
    assert float(codes.cosine(-3 * code, code)) == pytest.approx(-1)
