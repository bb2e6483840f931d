"""Which neurons belong together, what they are called, what they are compared with."""
