"""Have a file looked into by a process that can take neither much memory, nor much time, nor anything of ours."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds after which the process is killed, whatever it waits for.
WALL_SECONDS = 9
PROGRAM = Path(__file__).with_name("inspecting.py")
TOO_HEAVY = "This file takes too long or too much memory to read. Print it to a new PDF and send that."


@dataclass(frozen=True)
class Finding:
    """What a file is; ``reason`` says why it is not taken, "" if it is."""

    type: str = ""
    pages: int | None = None
    text: str = ""
    reason: str = ""


def inspect(content: bytes, extension: str) -> Finding:
    """Return what ``content`` is, by its content alone, for a name that ends in ``extension``."""
    with tempfile.TemporaryFile() as found:
        # Isolated (-I): no path, no environment, no site of the user; and none of our variables to read.
        program = [sys.executable, "-I", "-B", str(PROGRAM), extension]
        try:
            ended = subprocess.run(
                program,
                input=content,
                stdout=found,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=WALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Finding(reason=TOO_HEAVY)
        found.seek(0)
        told = found.read()
    if ended.returncode:
        return Finding(reason=TOO_HEAVY)
    answer: dict[str, Any] = json.loads(told)
    return Finding(**answer)
