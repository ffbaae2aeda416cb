"""Data with ground truth."""
