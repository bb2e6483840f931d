"""Small models grown to ask what makes a null space: the tables of what was measured."""
