"""Compares rondo's figures with those of an older bench.json.

Only rondo is judged. What the peers have become meanwhile stands beside it: nobody has changed
them, so when they have moved as far, it was the machine.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from .benchmark import Benchmark, Figure, Kind, Setting
from .machine import is_same_machine
from .results import Results, how_much_dearer
from .table import Group, Table, number

# The same program against itself: the best of five stays within 10 % for CPU time and within 19 %
# for wall-clock figures on a shared machine. A tail may double, so it is never judged.
MARGINS = {Kind.CPU: 1.3, Kind.MEMORY: 1.3, Kind.WALL: 1.5, Kind.TAIL: None}
REGRESSION = "REGRESSION"  # how it is marked


@dataclass(frozen=True)
class Change:
    """A figure's best, then and now."""

    figure: Figure
    old: float
    new: float
    ratio: float | None  # new costs by old costs
    peers: float | None  # the median of the peers' ratios

    def verdict(self) -> str:
        """
        >>> cpu, p99 = (Figure("us", "", "us", kind) for kind in (Kind.CPU, Kind.TAIL))
        >>> [Change(cpu, 1.0, ratio, ratio, None).verdict() for ratio in (1.29, 1.31)]
        ['ok', 'REGRESSION']
        >>> Change(p99, 1.0, 9.0, 9.0, None).verdict()
        'not judged'
        """
        margin = MARGINS[self.figure.kind]
        if margin is None or self.ratio is None:
            return "not judged"
        return REGRESSION if self.ratio > margin else "ok"


def change(
    old: Results, new: Results, benchmark: Benchmark, setting: Setting, figure: Figure
) -> Change | None:
    """How the figure has changed; nothing if one of the two does not have it."""
    ratios: dict[str, float | None] = {}
    bests: dict[str, tuple[float, float]] = {}
    for peer in benchmark.peers:
        then = old.summary(benchmark, setting, peer.name, figure)
        now = new.summary(benchmark, setting, peer.name, figure)
        if then and now:
            bests[peer.name] = (then.best, now.best)
            ratios[peer.name] = how_much_dearer(now.best, then.best, figure.more_is_better)
    if "rondo" not in bests:
        return None
    others = [ratio for name, ratio in ratios.items() if name != "rondo" and ratio is not None]
    peers = statistics.median(others) if others else None
    return Change(figure, *bests["rondo"], ratios["rondo"], peers)


def warnings(old: Results, new: Results) -> list[str]:
    """Why the two may not be comparable."""
    result = []
    then, now = old.about["machine"], new.about["machine"]
    if not is_same_machine(then, now):
        other = f"{then.get('cpu', 'unknown')}, {then.get('cores', '?')} cores"
        result.append(f"warning: the old figures are of another machine ({other})")
    elif then.get("kernel") != now["kernel"]:
        result.append(f"warning: the old figures are of Linux {then.get('kernel', 'unknown')}")
    if old.about["options"].get("quick") != new.about["options"]["quick"]:
        result.append("warning: only one of the two was measured with --quick")
    return result


def comparison(
    old: Results, new: Results, benchmarks: Iterable[Benchmark]
) -> tuple[Table, list[str]]:
    """The table, empty if there is nothing to compare, and a line for each regression."""
    table = Table(
        "rondo, compared: old best, new best, new costs by old costs (speeds upside down), and the"
        "\nmedian of the peers' ratios, which is what the machine did",
        "",
        [Group("", ("unit", "old", "new", "ratio", "peers", "verdict"))],
    )
    regressions = []
    for benchmark in benchmarks:
        for setting in benchmark.settings():
            for figure in benchmark.figures:
                found = change(old, new, benchmark, setting, figure)
                if not found:
                    continue
                name = f"{benchmark.name}, {setting.title}: {figure.title}"
                numbers = (found.old * figure.scale, found.new * figure.scale)
                shown = [number(value) for value in (*numbers, found.ratio, found.peers)]
                table.rows.append([name, figure.unit, *shown, found.verdict()])
                if found.verdict() == REGRESSION:
                    margin = MARGINS[figure.kind]
                    regressions.append(
                        f"{name}: {found.ratio:.2f} times dearer (up to {margin} is noise;"
                        f" the peers: {number(found.peers)})"
                    )
    return table, regressions
