"""One file a format: how it is written, and its own runtime to try it."""
