"""From files to a `GraphPair`."""
