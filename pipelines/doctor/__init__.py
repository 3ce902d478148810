"""Whether this machine can train: a check after the other."""
