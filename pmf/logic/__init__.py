"""Rules beside learning: who is the same because of whom they are related to, and by which relations."""
