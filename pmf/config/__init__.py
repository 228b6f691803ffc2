"""Every setting of a run, by name, with its range."""
