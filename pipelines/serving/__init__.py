"""Models that answer over HTTP: read, batched, bounded, and a page to try."""
