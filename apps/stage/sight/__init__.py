"""What is seen of a run: frames on their way to a viewer, and words beside them."""
