"""steps: what one step of a runtime costs, in nanoseconds. A program measures all steps in a row,
pinned to one core, and prints a line for each."""

from __future__ import annotations

from typing import Any

from .benchmark import ASIO, ASYNCIO, GO, RONDO, THREADS, UVLOOP
from .benchmark import Benchmark, Figure, Kind, Peer, Setting
from .measure import json_lines
from .charts import BarChart, Chart
from .results import Results

STEPS = {
    "yield": "yield to the loop",
    "await": "await a child",
    "spawn_join": "spawn and join",
    "queue": "queue message",
    "lock_handoff": "lock handed on",
    "lock_free": "free lock",
    "timer": "timer on and off",
    "wait_for": "wait_for",
}
ALL = Setting("each step")
QUICK_SCALE = 0.2  # of the programs' own length


class Steps(Benchmark):
    name = "steps"
    title = "What one step of a runtime costs."
    figures = tuple(Figure(key, title, "ns", Kind.CPU) for key, title in STEPS.items())
    all_peers = (
        Peer("bare+pool", "bare-pool"),
        Peer("bare", "bare"),
        RONDO,
        ASIO,
        THREADS,
        GO,
        ASYNCIO,
        UVLOOP,
    )

    def settings(self) -> list[Setting]:
        return [ALL]

    def seconds(self, peer: Peer, setting: Setting) -> float:
        return 1.5 if self.situation.quick else 6.0

    def run(self, peer: Peer, setting: Setting) -> dict[str, Any]:
        scale = ("--repeat-scale", QUICK_SCALE) if self.situation.quick else ()
        lines = json_lines(self.command(peer, *scale), self.situation.cores.measured, 120)
        found = {line.get("name"): line.get("ns") for line in lines}
        return {key: found[key] for key in STEPS if key in found}

    def charts(self, results: Results) -> list[Chart]:
        panels = {figure.title: results.bests(self, ALL, figure) for figure in self.figures}
        return [BarChart("steps", "What one step costs", "ns, logarithmic; less is better", panels)]
