"""What the lab reaches on this machine, row by row: `python -m tests.bench [name ...]`."""
