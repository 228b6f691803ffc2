"""From embeddings to candidates, ranks, metrics and reasons."""
