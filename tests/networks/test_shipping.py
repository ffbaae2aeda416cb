"""A shipped file brings back what was put in, and says what is wrong with another."""

import pytest
import torch
from safetensors.torch import save

from core.networks import shipping

WEIGHTS = {"b": torch.tensor([0.1, 2.0]), "a": torch.tensor([[1e-3]])}


def test_weights_come_back_rounded_to_fp16_with_what_is_said():
    weights, said = shipping.unpack(shipping.pack(WEIGHTS, {"world": 1, "form": {"width": 8}}))
    assert said == {"world": 1, "form": {"width": 8}}
    for name, t in WEIGHTS.items():
        assert torch.equal(weights[name], t.half().float())


def test_the_same_weights_and_words_are_the_same_bytes():
    files = {shipping.pack(WEIGHTS, {"a": 1, "b": 2, "c": [3]}) for _ in range(3)}
    assert len(files) == 1


def test_what_fp16_cannot_hold_is_refused():
    with pytest.raises(shipping.ShippingError, match="big holds numbers that fp16 cannot"):
        shipping.pack({"big": torch.tensor([1e5])}, {})


def test_what_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(shipping, "MOST", 100)
    with pytest.raises(shipping.ShippingError, match="MB ship"):
        shipping.pack({"a": torch.zeros(100)}, {})


@pytest.mark.parametrize("file", [b"", b"no file", save({"a": torch.zeros(1)})])
def test_another_file_is_refused(file):
    with pytest.raises(shipping.ShippingError, match="holds no network of the lab"):
        shipping.unpack(file)


def test_int8_keeps_each_row_as_near_as_its_largest_weight_allows():
    noise = torch.Generator().manual_seed(0)
    row_sizes = torch.logspace(-2, 2, 6)[:, None]
    weights = {
        "matrix": torch.randn(6, 40, generator=noise) * row_sizes,
        "kernel": torch.randn(4, 3, 3, 3, generator=noise),
        "bias": torch.randn(5, generator=noise),
        "nothing": torch.zeros(2, 3),
    }
    file = shipping.pack(weights, {"width": 8}, in_int8=True)
    found, said = shipping.unpack(file)
    assert said == {"width": 8}
    assert found.keys() == weights.keys()
    assert torch.equal(found["bias"], weights["bias"].half().float())
    assert torch.equal(found["nothing"], weights["nothing"])
    for name in ("matrix", "kernel"):
        rows, again = (t[name].flatten(1) for t in (weights, found))
        most = rows.abs().amax(1, keepdim=True)
        assert ((rows - again).abs() <= most * (1 / 254 + 1e-3) + 3e-8).all()
    known = shipping.eighths(weights)
    assert all(torch.equal(known[name], found[name]) for name in weights)
    assert shipping.pack(weights, {"width": 8}, in_int8=True) == file


def test_int8_is_half_of_fp16():
    weights = {"a": torch.randn(300, 300)}
    small, large = (len(shipping.pack(weights, {}, in_int8=eight)) for eight in (True, False))
    assert small < 0.52 * large
