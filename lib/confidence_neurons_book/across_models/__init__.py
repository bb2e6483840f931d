"""*Across models*: measured side by side, selections beside each other, the paper's models."""
