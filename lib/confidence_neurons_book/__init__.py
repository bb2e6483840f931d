"""What only the chapters of the book need: their frames, their charts, one folder a chapter."""
