"""What a frozen part of a network makes of pictures, computed once."""
