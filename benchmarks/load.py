"""A closed loop of keep-alive connections: each asks, waits for the answer, asks again. Standard library only."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

#: What connection n asks next: method, path, headers, body.
Ask = Callable[[int], tuple[str, str, dict[str, str], bytes]]


@dataclass
class Outcome:
    """What a measurement found; times in seconds."""

    seconds: float
    took: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0

    @property
    def per_second(self) -> float:
        """Good answers a second."""
        return len(self.took) / self.seconds

    def percentile(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


def measure(
    port: int,
    ask: Ask,
    *,
    expect: int = 200,
    must: bytes = b"",
    seconds: float = 3,
    connections: int = 8,
    runs: int = 3,
) -> Outcome:
    """Warm up, measure ``runs`` times, and return the run with the median rate.

    An answer with another status than ``expect``, or without ``must`` in it, counts as wrong: a fast page of errors
    is no speed.
    """
    asyncio.run(_loop(port, ask, expect, must, min(seconds, 1.5), connections))
    found = [asyncio.run(_loop(port, ask, expect, must, seconds, connections)) for _ in range(runs)]
    middle = statistics.median_low(run.per_second for run in found)
    return next(run for run in found if run.per_second == middle)


async def _loop(port: int, ask: Ask, expect: int, must: bytes, seconds: float, connections: int) -> Outcome:
    outcome, begun = Outcome(seconds), time.perf_counter()
    ends = begun + seconds
    await asyncio.gather(*(_connection(port, ask, expect, must, ends, n, outcome) for n in range(connections)))
    outcome.seconds = time.perf_counter() - begun
    return outcome


async def _connection(port: int, ask: Ask, expect: int, must: bytes, ends: float, n: int, outcome: Outcome) -> None:
    streams = None
    while time.perf_counter() < ends:
        begun = time.perf_counter()
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            status, body, stays = await asyncio.wait_for(_exchange(streams, ask(n)), 120)
        except (OSError, EOFError, ValueError) as fault:
            outcome.wrong[type(fault).__name__] += 1
            streams = None
            continue
        if status != expect or must not in body:
            outcome.wrong[f"status {status}" if status != expect else "text missing"] += 1
        else:
            outcome.took.append(time.perf_counter() - begun)
            outcome.bytes_read += len(body)
        if not stays:
            streams[1].close()
            streams = None
    if streams:
        streams[1].close()


@dataclass(frozen=True)
class Step:
    """One request of a walk, and the statuses that are right."""

    method: str
    path: str
    body: bytes
    right: set[int]


async def run_to_the_end(port: int, heads: list[dict[str, str]], steps: list[Step], *, connections: int) -> Outcome:
    """Let each person, known by their headers, take all ``steps`` once; ``took`` is the time of each whole walk."""
    outcome, waiting, begun = Outcome(0), iter(heads), time.perf_counter()

    async def serve() -> None:
        for head in waiting:
            started = time.perf_counter()
            if await _walk(port, head, steps, outcome):
                outcome.took.append(time.perf_counter() - started)

    await asyncio.gather(*(serve() for _ in range(connections)))
    outcome.seconds = time.perf_counter() - begun
    return outcome


async def _walk(port: int, head: dict[str, str], steps: list[Step], outcome: Outcome) -> bool:
    streams = None
    for step in steps:
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port)
            asked = (step.method, step.path, head, step.body)
            status, body, stays = await asyncio.wait_for(_exchange(streams, asked), 120)
        except (OSError, EOFError, ValueError) as fault:
            outcome.wrong[type(fault).__name__] += 1
            return False
        if status not in step.right:
            outcome.wrong[f"{step.path} {status}"] += 1
            return False
        outcome.bytes_read += len(body)
        if not stays:
            streams[1].close()
            streams = None
    if streams:
        streams[1].close()
    return True


async def _exchange(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], asked: tuple[str, str, dict[str, str], bytes]
) -> tuple[int, bytes, bool]:
    reader, writer = streams
    method, path, headers, body = asked
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    fields = dict(line.partition(":")[::2] for line in head[1:] if line)
    content = await _body(reader, {name: value.strip() for name, value in fields.items()})
    return int(head[0].split()[1]), content, fields.get("connection", "").strip() != "close"


async def _body(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
    if fields.get("transfer-encoding") == "chunked":
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
        await reader.readexactly(2)
        return b"".join(parts)
    if "content-length" in fields:
        return await reader.readexactly(int(fields["content-length"]))
    return await reader.read()
