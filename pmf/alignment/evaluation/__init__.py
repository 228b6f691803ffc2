"""How good an alignment is, and the alignment itself."""
