"""What is learned, each thing one object that all others read names from."""
