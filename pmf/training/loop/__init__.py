"""Steps, epochs and stages of a training."""
