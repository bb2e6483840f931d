"""The recipe that grows the bundled models."""
