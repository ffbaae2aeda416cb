"""A gallery of what fooled: pictures as PNGs that claim something, and the check of what they claim."""
