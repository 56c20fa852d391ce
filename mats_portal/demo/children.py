"""The demo's own processes: started together, restarted when one dies, stopped together."""

import signal
import subprocess
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from mats_portal.embedded.process import dies_with_launcher

STOPPED_WITHIN_SECONDS = 15
#: A program that dies more often than this within a minute will not get better by being started again.
RESTARTS_A_MINUTE = 3


class ChildDied(Exception):
    """A program keeps dying; the message holds its last words."""


@dataclass
class Child:
    """One program and where its output goes."""

    name: str
    command: list[str]
    cwd: Path
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    deaths: "deque[float]" = field(default_factory=lambda: deque(maxlen=RESTARTS_A_MINUTE + 1))

    def start(self, surroundings: dict[str, str]) -> None:
        """Start the program, apart from the terminal: Ctrl-C is for the runner, which stops it in turn."""
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_launcher(signal.SIGTERM),
            )

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def keeps_dying(self) -> bool:
        """Note one more death; says whether there were too many in the last minute."""
        self.deaths.append(time.monotonic())
        return len(self.deaths) > RESTARTS_A_MINUTE and self.deaths[-1] - self.deaths[0] < 60


class Children:
    """All of them."""

    def __init__(self, children: list[Child], surroundings: dict[str, str]) -> None:
        self.children, self.surroundings = children, surroundings

    def start(self) -> None:
        """Start all with empty logs."""
        for child in self.children:
            child.log.parent.mkdir(parents=True, exist_ok=True)
            child.log.write_bytes(b"")
            child.start(self.surroundings)

    def look_after(self) -> None:
        """Start again what has died, and say so. Raises ``ChildDied`` for one that keeps dying."""
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            status = child.process.returncode
            how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            if child.keeps_dying():
                raise ChildDied(
                    f"{child.name} {how}, again and again. Its last words ({child.log}):\n{child.last_words()}"
                )
            print(f"{child.name} {how}: starting it again. Its log: {child.log}", flush=True)
            child.start(self.surroundings)

    def stop(self) -> None:
        """Ask all to stop, newest first, and end those that do not."""
        running = [child.process for child in reversed(self.children) if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        give_up = time.monotonic() + STOPPED_WITHIN_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
