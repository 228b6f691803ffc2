"""Seconds and memory that a training would take."""
