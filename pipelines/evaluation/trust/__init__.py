"""How far a model is to be trusted: when it is sure, and when it is not."""
