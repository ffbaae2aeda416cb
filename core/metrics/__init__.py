"""What a picture is worth: one definition a file."""
