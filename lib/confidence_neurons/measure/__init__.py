"""What stands at the output, how interventions change it, and how sure that is."""
