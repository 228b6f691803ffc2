"""Pieces of pages, each with its own session keys."""
