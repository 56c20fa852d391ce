"""A Celery app whose worker dies by SIGKILL at one named point, once.

``KILL_AT`` is ``module:function:before`` or ``:after``; ``KILL_NTH`` the call at which it strikes; ``KILL_MARK`` a
file that is written just before, so that the test can prove that the point was reached.
"""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from celery.signals import worker_process_init, worker_ready

from mats_portal.celery import app

__all__ = ["app"]
calls = 0


def strike() -> None:
    """Leave the mark and die; ``KILL_PARENT`` takes the whole worker along."""
    Path(os.environ["KILL_MARK"]).write_text("struck")
    if os.environ.get("KILL_PARENT"):
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def arm(**_: Any) -> None:
    """Wrap the named function in this process."""
    from core import outbox  # noqa: PLC0415 -- Django is set up by the worker

    # The real two minutes would make every test wait for them.
    outbox.CLAIM_LIFE = timedelta(seconds=1)
    point = os.environ.get("KILL_AT")
    if not point or Path(os.environ["KILL_MARK"]).exists():
        return
    module_name, function_name, moment = point.split(":")
    module = importlib.import_module(module_name)
    original: Callable = getattr(module, function_name)

    @wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        global calls  # noqa: PLW0603 -- counts in this process only
        calls += 1
        due = calls == int(os.environ.get("KILL_NTH", "1")) and not Path(os.environ["KILL_MARK"]).exists()
        if due and moment == "before":
            strike()
        result = original(*args, **kwargs)
        if due and moment == "after":
            strike()
        return result

    # Every module that imported the function by name has its own reference to it.
    for other in list(sys.modules.values()):
        for name, value in list(getattr(other, "__dict__", {}).items()):
            if value is original:
                setattr(other, name, wrapped)


worker_process_init.connect(arm, weak=False)
worker_ready.connect(arm, weak=False)
