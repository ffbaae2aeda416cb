"""What cannot be done with latents, as sentences with the remedy."""


class LatentError(ValueError):
    """A walk, a direction or an edit that is not defined; the message says why."""
