"""Whose files the tests of exports make."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from core import clock
from tests.matching.scenes import Scene, offered_scene
from tests.worlds import MOMENTS


@pytest.fixture
def scene(db, settings, tmp_path: Path) -> Iterator[Scene]:
    settings.MEDIA_ROOT = tmp_path / "media"
    scene, _ = offered_scene()
    with clock.at(MOMENTS["offers"]):
        yield scene


@pytest.fixture
def staff(scene: Scene) -> User:
    return scene.world.people["staff a"]
