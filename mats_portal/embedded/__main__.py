"""python -m mats_portal.embedded [--data DIR] [--durable] [--sets N] -- COMMAND"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from mats_portal.embedded.launcher import LauncherError, services
from mats_portal.embedded.process import dies_with_launcher

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the command between the servers' start and stop and return its exit status."""
    arguments = _arguments()
    _stop_gently_on_signals()
    try:
        with services(data_dir=arguments.data, durable=arguments.durable, sets=arguments.sets) as environment:
            return _run(arguments.command, environment)
    except LauncherError as refusal:
        print(f"mats_portal.embedded: {refusal}", file=sys.stderr)
        return 1
    except _Interrupted as interrupted:
        return 128 + interrupted.number


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mats_portal.embedded", description=__doc__)
    parser.add_argument("--data", type=Path, help="keep the database in this directory; else it vanishes at the end")
    parser.add_argument("--durable", action="store_true", help="wait for the disk at each commit")
    parser.add_argument(
        "--sets", type=int, default=1, help="start so many pairs; the second is DATABASE_URL_2 and so on"
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    return parser.parse_args()


class _Interrupted(BaseException):
    """A signal came while no command was running yet, or any more."""

    def __init__(self, number: int) -> None:
        self.number = number


def _stop_gently_on_signals() -> None:
    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise _Interrupted(number)

    for number in FORWARDED:
        signal.signal(number, interrupt)


def _run(command: list[str], environment: dict[str, str]) -> int:
    # LC_ALL: what a program prints or compares must not hang on the caller's locale; Turkish lower-cases I to ı.
    surroundings = {**os.environ, **environment, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    pending: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, _frame: FrameType | None) -> None:
        if child is None:
            pending.append(number)
        elif not (number == signal.SIGINT and _terminal_told_the_command_too()):
            child.send_signal(number)

    for number in FORWARDED:
        signal.signal(number, forward)
    try:
        child = subprocess.Popen(command, env=surroundings, preexec_fn=dies_with_launcher(signal.SIGTERM))
    except (FileNotFoundError, PermissionError):
        # Also "permission denied": that is what a folder on PATH says which this account may not look into.
        raise LauncherError(f"There is no command {command[0]!r}.") from None
    for early in pending:
        child.send_signal(early)
    status = child.wait()
    for number in FORWARDED:
        # The servers are about to stop: a second Ctrl-C must not cut that short.
        signal.signal(number, signal.SIG_IGN)
    return status if status >= 0 else 128 - status


def _terminal_told_the_command_too() -> bool:
    """Return whether a Ctrl-C came from our terminal, which sends it to the command as well."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
