"""`python -m confidence_neurons`: the same as the command `confidence-neurons`."""

from confidence_neurons.command.app import app

if __name__ == "__main__":
    app(prog_name="python -m confidence_neurons")
