"""What groups of neurons are called: in frames, in charts, in every chapter."""

ENTROPY = "entropy"
FREQUENCY = "frequency"
EQUAL_NORM = "equal norm"
EQUAL_RHO = "equal rho"
MOST_CHANGED = "most changed"
RANDOM = "random"
OTHERS = "others"
