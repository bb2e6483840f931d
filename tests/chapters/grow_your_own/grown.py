"""A small model that was hardly grown, for the tests of what is seen of it."""

from dataclasses import replace
from functools import cache

from confidence_neurons.model.light import LightModel
from confidence_neurons_book.grow_your_own.growth import Growth, live_run


@cache
def grown() -> tuple[Growth, LightModel]:
    """Twenty steps of the live recipe, seen at steps 0 and 20."""
    run = live_run()
    growth = Growth.of(replace(run, recipe=replace(run.recipe, steps=20, batch_size=8)))
    return growth, growth.grow()
