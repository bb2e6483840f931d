"""The fast way to hold every neuron of a layer, one by one."""
