"""What tests of applications share."""

import pytest

from tests.worlds import World, small_world


@pytest.fixture
def world(db: None) -> World:
    """Return the small cycle."""
    return small_world()
