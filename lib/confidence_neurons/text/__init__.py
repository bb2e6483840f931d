"""Evaluation text as token ids: prose, corrupted prose, repeats."""
