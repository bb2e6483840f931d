"""The playground: a model in the reader's browser."""
