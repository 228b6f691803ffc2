"""Which features are frozen, when and why."""
