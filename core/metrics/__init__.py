"""What a picture, a latent or a generator is worth: one definition a file."""
