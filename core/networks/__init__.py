"""Our own networks, and the door for the weights that we ship."""
