"""Samplers of a diffusion model: schedules, one step, and denoisers that are exact."""
