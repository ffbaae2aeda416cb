"""Probes on pretrained networks: hold the network still, move the picture. Knows no browser."""
