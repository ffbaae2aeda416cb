"""One recipe a network, as generators: seeded, resumable, with a card at the end."""
