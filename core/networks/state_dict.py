"""What a network is saved as: its parameters and buffers by name, as torch has them."""

from collections.abc import Mapping

from torch import Tensor

StateDict = Mapping[str, Tensor]
