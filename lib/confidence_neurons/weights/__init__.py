"""What the weights say: unembedding, null space, frequency direction, neurons."""
