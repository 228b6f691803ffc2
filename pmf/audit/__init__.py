"""What was read, what looks wrong in it, and what of it will be used."""
