"""What a run can go back to: its states, its branches, and the line they lie on."""
