"""A shipped difference brings the tuned weights back, as near as it says."""

import pytest
import torch

from core.networks.difference import DifferenceError, pack, unpack


@pytest.fixture
def noise():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def base(noise):
    return {
        "conv.weight": torch.randn(6, 4, 3, 3, generator=noise),
        "conv.bias": torch.randn(6, generator=noise),
        "head.weight": torch.randn(5, 6, generator=noise),
    }


@pytest.fixture
def tuned(base, noise):
    spread = torch.logspace(-6, 0, 6).view(
        6, 1, 1, 1
    )  # channels that move by very different amounts
    return base | {
        "conv.weight": base["conv.weight"] + spread * torch.randn(6, 4, 3, 3, generator=noise),
        "conv.bias": base["conv.bias"] + 0.1,
    }


def test_eight_bits_are_off_by_half_a_level_of_each_channel(base, tuned):
    again = unpack(base, pack(base, tuned))
    change = (tuned["conv.weight"] - base["conv.weight"]).flatten(1)
    off = (again["conv.weight"] - tuned["conv.weight"]).flatten(1).abs().amax(1)
    rounding = 1e-6  # of float32, at weights near 3
    assert (off <= change.abs().amax(1) / 254 + rounding).all()


def test_sixteen_bits_keep_eleven_binary_digits(base, tuned):
    again = unpack(base, pack(base, tuned, eight_bit=False))
    change = tuned["conv.weight"] - base["conv.weight"]
    off = (again["conv.weight"] - tuned["conv.weight"]).abs()
    assert (off <= change.abs() * 2**-11 + 1e-6).all()


def test_what_has_one_axis_comes_back_as_it_was(base, tuned):
    again = unpack(base, pack(base, tuned))
    torch.testing.assert_close(again["conv.bias"], tuned["conv.bias"], atol=2e-7, rtol=0)


def test_what_did_not_move_is_not_stored(base, tuned):
    assert b"head" not in pack(base, tuned)
    assert unpack(base, pack(base, tuned))["head.weight"].equal(base["head.weight"])


def test_no_difference_is_a_file_too(base):
    again = unpack(base, pack(base, base))
    assert all(again[name].equal(t) for name, t in base.items())


def test_strength_nought_is_the_base_to_the_bit(base, tuned):
    again = unpack(base, pack(base, tuned), strength=0.0)
    assert all(again[name].equal(t) for name, t in base.items())


def test_strength_goes_in_a_straight_line(base, tuned):
    file = pack(base, tuned)
    half, all_ = (unpack(base, file, strength=s)["conv.weight"] for s in (0.5, 1.0))
    torch.testing.assert_close(half, (base["conv.weight"] + all_) / 2, atol=1e-6, rtol=0)


def test_the_base_is_left_alone(base, tuned):
    before = {name: t.clone() for name, t in base.items()}
    again = unpack(base, pack(base, tuned))
    for t in again.values():
        t.zero_()
    assert all(base[name].equal(t) for name, t in before.items())


def test_the_order_of_the_axes_in_memory_does_not_change_the_file(base, tuned):
    last = {
        name: t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t
        for name, t in tuned.items()
    }
    assert pack(base, last) == pack(base, tuned)


def test_the_same_weights_give_the_same_bytes(base, tuned):
    assert pack(base, tuned) == pack(base, dict(reversed(tuned.items())))


def test_a_difference_to_another_network_is_refused(base, tuned):
    other = base | {"conv.weight": torch.zeros(6, 4, 1, 1)}
    with pytest.raises(DifferenceError, match=r"conv\.weight .* to another network"):
        unpack(other, pack(base, tuned))


def test_a_file_that_is_cut_short_is_refused(base, tuned):
    with pytest.raises(DifferenceError, match="holds no weights"):
        unpack(base, pack(base, tuned)[:50])
