"""sleepers: N coroutines (threads, goroutines) that each sleep for a random time up to two seconds.

What it shows: what one that waits costs in memory, and in CPU time to be made, armed and woken. All
peers sleep for the same times, pinned to one core.
"""

from __future__ import annotations

from typing import Any

from .benchmark import ASIO, ASYNCIO, GO, LIBUV, RONDO, RONDO_EPOLL, THREADS, UVLOOP
from .benchmark import Benchmark, Figure, Kind, Peer, Setting
from .measure import json_lines
from .charts import Chart, LineChart
from .results import Results

COUNTS = (1000, 10000, 100000, 1000000)
QUICK_COUNTS = (10000, 1000000)
MOST_THREADS = 10000
QUICK_MOST_PYTHON = 10000
# Microseconds of CPU time for each sleeper, for the estimate.
COST = {"threads": 60.0, "python": 28.0}
USUAL_COST = 3.0

CPU = Figure("cpu_seconds", "CPU", "seconds", Kind.CPU)
MEMORY = Figure("bytes_each", "memory", "bytes each", Kind.MEMORY)
LATE = Figure("max_late_ms", "latest", "ms", Kind.TAIL)


class Sleepers(Benchmark):
    name = "sleepers"
    title = "N at once sleep for a random time up to two seconds; one core."
    figures = (
        CPU,
        MEMORY,
        LATE,
        Figure("p99_late_ms", "p99 late", "ms", Kind.TAIL, detail=True),
        Figure("early", "too early", "sleepers", Kind.TAIL, detail=True),
        Figure("seconds", "whole run", "seconds", Kind.WALL, detail=True),
    )
    all_peers = (
        Peer("bare", "bare"),
        RONDO,
        RONDO_EPOLL,
        ASIO,
        LIBUV,
        THREADS,
        GO,
        ASYNCIO,
        UVLOOP,
    )

    def settings(self) -> list[Setting]:
        counts = QUICK_COUNTS if self.situation.quick else COUNTS
        return [Setting(f"{count:,} sleepers", {"n": count}) for count in counts]

    def takes_part(self, peer: Peer, setting: Setting) -> bool:
        if peer.name == "threads":
            return bool(setting.values["n"] <= MOST_THREADS)
        quick_python = self.situation.quick and peer.program == "python"
        return not quick_python or bool(setting.values["n"] <= QUICK_MOST_PYTHON)

    def seconds(self, peer: Peer, setting: Setting) -> float:
        return 2.1 + setting.values["n"] * COST.get(peer.program, USUAL_COST) * 1e-6

    def run(self, peer: Peer, setting: Setting) -> dict[str, Any]:
        limit = 60 + 5 * self.seconds(peer, setting)
        command = self.command(peer, setting.values["n"])
        return json_lines(command, self.situation.cores.measured, limit)[-1]

    def objections(self, results: Results) -> list[str]:
        """A sleeper of rondo's never wakes early. For the others it is worth a note."""
        wrong = []
        for setting in self.settings():
            for peer in self.peers:
                counts = results.values(self.name, setting.title, peer.name, "early")
                most = max(counts, default=0)
                if most:
                    line = f"{setting.title}, {peer.name}: up to {most:,} woke before their time"
                    (wrong if peer in (RONDO, RONDO_EPOLL) else self.notes).append(line)
        return wrong

    def charts(self, results: Results) -> list[Chart]:
        shown = (
            (CPU, "cpu", "CPU time for all of them, seconds"),
            (MEMORY, "memory", "memory of each, bytes"),
            (LATE, "late", "how late the latest woke, ms"),
        )
        return [
            LineChart(
                f"sleepers-{word}",
                f"Sleepers: {axis.partition(',')[0]}",
                "sleepers",
                axis,
                results.lines(self, self.settings(), figure),
            )
            for figure, word, axis in shown
        ]
