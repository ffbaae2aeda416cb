"""Numbers as pictures that need no script: small SVGs in the lab's colours."""
