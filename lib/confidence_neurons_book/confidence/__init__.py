"""What only the chapter on confidence needs."""
