"""One rule a file: what it calls `RULE` decides on freezing where `freezing.rule` names the file."""
