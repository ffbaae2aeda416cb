"""One run: what it is, what it is asked, where it stands, and what goes with it."""
