"""From a `GraphPair` to one matrix per modality."""
