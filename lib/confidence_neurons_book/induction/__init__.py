"""Chapter 6, *Induction, a case study*: its frames and charts."""
