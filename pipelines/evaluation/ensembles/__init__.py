"""Many models as one: the mean of what they say, or of their weights."""
