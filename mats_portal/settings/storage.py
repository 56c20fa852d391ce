"""Where private documents lie: a folder of this machine, or a bucket of a service that speaks S3."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

BUCKET = "STORAGE_BUCKET"
PURPOSES = {
    BUCKET: "the bucket of private documents; without it they lie in the folder MEDIA_ROOT",
    "STORAGE_ACCESS_KEY": "the name of the key that may read, write and delete in the bucket",
    "STORAGE_SECRET_KEY": "the secret of that key",
}
OPTIONAL = ("STORAGE_ENDPOINT", "STORAGE_REGION")


def _given(name: str) -> str:
    return os.environ.get(name, "").strip()


def is_bucket() -> bool:
    """Say whether documents lie in a bucket: one value for it is enough to mean it."""
    return any(map(_given, (*PURPOSES, *OPTIONAL)))


def default_storage() -> dict[str, Any]:
    """Return the entry ``default`` of Django's STORAGES."""
    if not is_bucket():
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            # Here, not as FILE_UPLOAD_PERMISSIONS, which would close the static files to another server process too.
            "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
        }
    return {
        "BACKEND": "core.storage.PrivateBucketStorage",
        "OPTIONS": {
            "bucket_name": _given(BUCKET),
            "endpoint_url": _given("STORAGE_ENDPOINT").rstrip("/") or None,
            "region_name": _given("STORAGE_REGION") or "us-east-1",
            "access_key": _given("STORAGE_ACCESS_KEY"),
            "secret_key": _given("STORAGE_SECRET_KEY"),
        },
    }


def unsafe_values() -> list[str]:
    """Return a sentence for each value that is missing or must not reach the public."""
    if not is_bucket():
        if not Path(_given("MEDIA_ROOT")).is_absolute():
            return ["MEDIA_ROOT is not set to an absolute path. It is the folder of private documents."]
        return []
    found = [f"{name} is not set. It is {purpose}." for name, purpose in PURPOSES.items() if not _given(name)]
    endpoint = urlsplit(_given("STORAGE_ENDPOINT"))
    if endpoint.username or endpoint.password:
        found.append("STORAGE_ENDPOINT holds a password: use STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY.")
    if _given("STORAGE_ENDPOINT") and not (endpoint.scheme == "https" and endpoint.hostname) and not _is_here(endpoint):
        found.append(
            "STORAGE_ENDPOINT must begin with https://: documents would cross the network for everybody to read."
        )
    return found


def _is_here(endpoint: Any) -> bool:
    """Say whether it is a server on this very machine, where nothing crosses a network."""
    if endpoint.scheme != "http" or not endpoint.hostname:
        return False
    try:
        return ip_address(endpoint.hostname).is_loopback
    except ValueError:
        return endpoint.hostname == "localhost"
