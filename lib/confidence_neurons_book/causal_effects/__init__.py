"""Chapter 4, *Causal effects*: its frames and charts."""
