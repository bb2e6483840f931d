"""What only teachers need: what a class has learnt between two tests."""
