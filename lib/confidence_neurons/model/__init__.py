"""Load a model, know how its family is built, run a text through it once."""
