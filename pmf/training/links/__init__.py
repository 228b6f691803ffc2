"""Which links train: seeds, pairs found on the way, verdicts."""
