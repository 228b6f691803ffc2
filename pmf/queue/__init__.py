"""Trainings one after the other, each in its own process; the queue is kept on disk and outlives the app."""
