"""What every test may ask for."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from playwright.sync_api import expect

from tests.shares import pytest_xdist_make_scheduler, pytest_xdist_setupnodes

__all__ = ["pytest_xdist_make_scheduler", "pytest_xdist_setupnodes"]  # pytest finds hooks in a conftest by their names

# A busy machine may need longer than the library's five seconds; what holds at once is not waited for.
expect.set_options(timeout=30_000)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the suite ask for the database's role that the portal has in production."""
    parser.addoption("--as-portal-app", action="store_true", help="work as the role portal_app, not as the owner")


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database; where it was asked for, with the rights that the portal has in production."""
    from django.test.testcases import TransactionTestCase  # noqa: PLC0415 (needs the settings)

    from tests.emptying import empty_tables  # noqa: PLC0415
    from tests.roles import portal_app  # noqa: PLC0415 (needs the app registry)

    with ExitStack() as stack:
        stack.enter_context(patch.object(TransactionTestCase, "_fixture_teardown", empty_tables))
        if request.config.getoption("--as-portal-app"):
            with django_db_blocker.unblock():
                stack.enter_context(portal_app())
        yield
        with django_db_blocker.unblock():
            stack.close()


@pytest.fixture(autouse=True)
def _role_of_the_test(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """A test marked ``owner`` does what the portal never does."""
    if "owner" not in request.keywords or not request.config.getoption("--as-portal-app"):
        yield
        return
    from tests.roles import as_owner, prepare  # noqa: PLC0415

    with as_owner():
        yield
        with django_db_blocker.unblock():
            prepare()  # such a test may have dropped the roles


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    """Rate limits, cached sessions and a moved demo clock end with the test that made them.

    The demo clock's offset counts as read: asking for it now and then would make query counts flicker.
    """
    from django.core.cache import cache  # noqa: PLC0415 (settings are not read yet while conftest is imported)

    from core import clock  # noqa: PLC0415

    clock._offset = (float("inf"), timedelta())
    yield
    cache.clear()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Drive the system's browser, quietly and without a word to the outside."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail("There is no browser: install the package chromium, or run `make test`, which does so as root.")
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {**browser_type_launch_args, "executable_path": program, "args": ["--no-sandbox", "--disable-gpu", *quiet]}
