"""Whom the lab lets in, and what it holds of what they brought."""
