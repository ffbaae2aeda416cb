"""Networks that find the picture in a noisy one."""
