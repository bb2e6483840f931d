"""Chapter 8, *Grow your own*: its frames and charts."""
