"""Growing models: the bundled ones by their recipes, and the experiments."""
