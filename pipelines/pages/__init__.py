"""Pages of HTML that need no other file: the frame, the colours, pictures."""
