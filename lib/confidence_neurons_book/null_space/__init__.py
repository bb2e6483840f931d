"""What only the chapter on the null space needs."""
