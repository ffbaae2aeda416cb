"""Probes on pretrained networks: hold the network still, move the picture. Knows no browser."""

from core import cpu

cpu.sum_evenly()  # before anything computes
