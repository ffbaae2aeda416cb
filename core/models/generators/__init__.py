"""Networks that make pictures out of latents."""
