"""What a step of a run is made of: climbing, descending, tiles, and the loops above them."""
