"""Why a run got queries wrong: causes by rule, the smallest repair, the path through the epochs, the run's health."""
