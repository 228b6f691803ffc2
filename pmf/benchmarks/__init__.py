"""How long each part takes, what it needs to compute and move, and what this machine can do at best."""
