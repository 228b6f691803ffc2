"""How sure a match is."""
