"""What only the chapter on what we know needs: its claims, measured, and its chart."""
