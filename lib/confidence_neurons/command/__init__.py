"""The command `confidence-neurons`: scan a model, report it, compare models."""
