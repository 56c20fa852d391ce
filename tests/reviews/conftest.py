"""What tests of reviews share."""

import pytest

from tests.reviews.factories import add_rubrics
from tests.worlds import World, small_world


@pytest.fixture
def world(db: None) -> World:
    """Return the small cycle with its rubrics."""
    world = small_world()
    add_rubrics(world)
    return world
