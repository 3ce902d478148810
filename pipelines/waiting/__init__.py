"""What a person is told who waits: which work is done, how far it has come."""
