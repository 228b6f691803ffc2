"""Two-dimensional maps of a run's embeddings, and how far each can be trusted."""
