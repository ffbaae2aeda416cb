"""The arithmetic of latent spaces: walks, directions, projections, maps, inversion, distance."""
