"""What was measured: every run, and the best, median and worst of each figure.

bench.json holds all of it. `old_results` reads such a file again, and believes nothing in it.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .benchmark import Benchmark, Figure, Setting

FORMAT = 1  # of bench.json; another number means another layout


@dataclass(frozen=True)
class Run:
    """One run that succeeded, with all that the program printed."""

    benchmark: str
    setting: str
    peer: str
    round: int
    figures: dict[str, Any]


@dataclass(frozen=True)
class Summary:
    """A figure over all rounds. "Best" and "worst" know whether more is better."""

    best: float
    median: float
    worst: float

    @classmethod
    def of(cls, values: Iterable[float], more_is_better: bool) -> Summary:
        """
        >>> Summary.of([3, 1, 2], more_is_better=False)
        Summary(best=1, median=2, worst=3)
        >>> Summary.of([3, 1, 2], more_is_better=True)
        Summary(best=3, median=2, worst=1)
        """
        ordered = sorted(values, reverse=more_is_better)
        return cls(ordered[0], statistics.median(ordered), ordered[-1])


def how_much_dearer(value: float, base: float, more_is_better: bool) -> float | None:
    """How many times `value` is worse than `base`: the ratio of costs, or of speeds upside down.

    >>> how_much_dearer(6, 3, more_is_better=False), how_much_dearer(50, 100, more_is_better=True)
    (2.0, 2.0)
    >>> how_much_dearer(6, 0, more_is_better=False) is None
    True
    """
    cost, base_cost = (base, value) if more_is_better else (value, base)
    return cost / base_cost if base_cost > 0 else None


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass
class Results:
    """All runs of one call, and what went wrong."""

    runs: list[Run] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)  # date, machine, versions, options

    def values(self, benchmark: str, setting: str, peer: str, key: str) -> list[float]:
        """What the runs of a peer in a setting have given for one figure."""
        return [
            run.figures[key]
            for run in self.runs
            if (run.benchmark, run.setting, run.peer) == (benchmark, setting, peer)
            and is_number(run.figures.get(key))
        ]

    def summary(
        self, benchmark: Benchmark, setting: Setting, peer: str, figure: Figure
    ) -> Summary | None:
        """The figure over the rounds; nothing if no run gave it."""
        values = self.values(benchmark.name, setting.title, peer, figure.key)
        return Summary.of(values, figure.more_is_better) if values else None

    def bests(
        self, benchmark: Benchmark, setting: Setting, figure: Figure
    ) -> list[tuple[str, float]]:
        """The best of each peer that has the figure, as it is shown."""
        found = (
            (peer.name, self.summary(benchmark, setting, peer.name, figure))
            for peer in benchmark.peers
        )
        return [(name, summary.best * figure.scale) for name, summary in found if summary]

    def lines(
        self, benchmark: Benchmark, settings: Iterable[Setting], figure: Figure
    ) -> dict[str, list[tuple[float, float]]]:
        """By peer, the best of the figure over the settings' n."""
        result: dict[str, list[tuple[float, float]]] = {}
        for setting in settings:
            for name, best in self.bests(benchmark, setting, figure):
                result.setdefault(name, []).append((setting.values["n"], best))
        return {peer.name: result[peer.name] for peer in benchmark.peers if peer.name in result}

    def save(self, path: Path, summaries: dict[str, Any]) -> None:
        """Writes bench.json, whole or not at all."""
        document = {
            "format": FORMAT,
            **self.about,
            "notes": self.notes,
            "left_out": self.left_out,
            "failures": self.failures,
            "summaries": summaries,
            "runs": [asdict(run) for run in self.runs],
        }
        fresh = path.with_suffix(".json.new")
        fresh.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
        fresh.replace(path)


class NoResults(Exception):
    """A file that is no bench.json. The text is one plain line, with the file's name."""


def old_results(path: Path) -> Results:
    """What a bench.json says. Raises `NoResults`."""
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise NoResults(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):  # also text that is not UTF-8
        raise NoResults(f"{path} is no JSON, so no result of ./dev bench") from None
    if not isinstance(document, dict) or "format" not in document or "runs" not in document:
        raise NoResults(f"{path} is no result of ./dev bench: it needs a bench.json")
    if document["format"] != FORMAT:
        raise NoResults(f"{path} has format {document['format']!r}; this program knows {FORMAT}")
    try:
        runs = [Run(**run) for run in document["runs"]]
        names = [name for run in runs for name in (run.benchmark, run.setting, run.peer)]
        whole = all(isinstance(name, str) for name in names)
    except TypeError:
        whole = False
    if not whole or not all(isinstance(run.figures, dict) for run in runs):
        raise NoResults(f"{path} is broken: its runs are not what ./dev bench writes")
    about = {
        key: value if isinstance(value := document.get(key), dict) else {}
        for key in ("machine", "options")
    }
    return Results(runs, about=about)
