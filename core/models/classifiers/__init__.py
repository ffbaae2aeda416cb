"""Networks that name classes, or once did: their layers can be read, and drive a picture."""
