"""A run's steps on ports in memory, without any faults."""

from __future__ import annotations

from tests.simulator.archive import SimulatedDocument
from tests.simulator.world import World


def calm_world(*documents: SimulatedDocument) -> World:
    """A world in which nothing goes wrong, with these documents."""
    world = World(1, rates={}, documents=0)
    world.archive.documents = documents
    world.archive.__post_init__()
    return world


def plain(count: int) -> tuple[SimulatedDocument, ...]:
    return tuple(SimulatedDocument(f"bulk/{number:04d}.txt", "plain") for number in range(count))
