"""Chapter 5: the frequency direction."""
