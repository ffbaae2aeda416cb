"""A tiny network, pictures of whole levels, and a task: milliseconds a step."""

import pytest
import torch
from torch import nn

from core.attacks import Task, radius
from core.priors import views

COUNT, SIDE, CLASSES = 6, 16, 12


@pytest.fixture(scope="session")
def network():
    """Two convolutions and a classifier whose answers hang on the whole picture."""
    noise = views.generator("tiny")
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.Tanh(), nn.Conv2d(8, 12, 3, stride=2), nn.Tanh(),
        nn.Flatten(), nn.Linear(12 * 7 * 7, CLASSES),
    )  # fmt: skip
    for weights in module.parameters():
        weights.data = torch.randn(weights.shape, generator=noise) * 0.25
    return module.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def x():
    levels = torch.randint(0, 256, (COUNT, 3, SIDE, SIDE), generator=views.generator("x"))
    return levels / 255


@pytest.fixture(scope="session")
def labels(network, x):
    """What the network says of them."""
    return network(x).argmax(1)


@pytest.fixture(scope="session")
def task(network, x, labels):
    def made(norm="Linf", levels=4.0, **changes):
        return Task(network, x, labels, radius(norm, levels, x), norm=norm, **changes)

    return made
