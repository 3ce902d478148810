"""Out of the house: models as programs for other runtimes, each judged."""
