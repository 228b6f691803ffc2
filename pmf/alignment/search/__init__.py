"""Which candidates are near: similarities, tiles, an index."""
