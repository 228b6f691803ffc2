"""Trainings one after the other, each a process of its own; the line is kept on disk and outlives every app."""
