"""Who looks at pages of the match, and where."""

from typing import Any

from django.test import Client
from django.urls import reverse

from tests.matching.scenes import Scene


def client_of(scene: Scene, name: str, **extra: Any) -> Client:
    client = Client(**extra)
    client.force_login(scene.user(name))
    return client


def ranking_url(scene: Scene, stream: str) -> str:
    return reverse("matching:ranking", args=[scene.world.streams[stream].public_id])
