"""A finished run on a newer state of its data: what is new is matched, what was decided stays, nothing is trained."""
