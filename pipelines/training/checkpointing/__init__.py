"""Keeping a run's state on disk so that nothing can take it away."""
