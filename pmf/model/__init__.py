"""The PMF model: encoders, freezing, fusion, losses. Tensors in, tensors out; no files."""
