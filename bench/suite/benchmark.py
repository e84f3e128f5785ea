"""What a benchmark is: programs (the peers) that do the same work, the settings in which they do
it, and the figures that each run gives.

The driver knows nothing else of a benchmark. `rounds.py` lets the peers run in turns, `report.py`
makes tables of the figures and `plots.py` pictures. A new benchmark is a module with a subclass of
`Benchmark`, and a line in bench.py's table.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .charts import Chart
    from .measure import Cores
    from .results import Results

SOURCES = Path(__file__).resolve().parent.parent  # bench/, where the Python peers lie


class Kind(Enum):
    """What a figure is. `compare.py` knows how much of a change is noise for each kind."""

    CPU = "CPU"
    WALL = "wall clock"
    MEMORY = "memory"
    TAIL = "tail"  # p99 and the like: never judged


@dataclass(frozen=True)
class Figure:
    """A number that every run of a benchmark gives."""

    key: str  # its name in what the program prints
    title: str
    unit: str
    kind: Kind
    scale: float = 1.0  # what is shown is the program's number times this
    more_is_better: bool = False
    detail: bool = False  # only in report.md, not on the terminal


@dataclass(frozen=True)
class Setting:
    """A size at which the peers are compared, such as 1,000 connections with 64 bytes."""

    title: str
    values: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Peer:
    """A program of a benchmark, by the name that readers know it by.

    `program` is what follows the folder's name in the program's (`echo-asio`), or "python" for
    bench/echo/echo.py. `package` is what may be missing when the program is.
    """

    name: str
    program: str
    arguments: tuple[str, ...] = ()
    package: str = ""
    environment: tuple[str, ...] = ()  # NAME=value, besides what there is


ASIO, LIBUV, GO, THREADS, RONDO, RONDO_EPOLL = (
    Peer("asio", "asio", package="libasio-dev"),
    Peer("libuv", "libuv", package="libuv1-dev"),
    Peer("go", "go", package="golang-go"),
    Peer("threads", "threads"),
    Peer("rondo", "rondo"),
    Peer("rondo epoll", "rondo", environment=("RONDO_DRIVER=epoll",)),
)
ASYNCIO = Peer("asyncio", "python")
UVLOOP = Peer("uvloop", "python", ("--uvloop",), "python3-uvloop")


@dataclass
class Situation:
    """What a benchmark is told about the run that it is part of."""

    build: Path
    quick: bool
    rounds: int
    cores: Cores
    folders: tuple[Path, ...] = ()  # where big files may go, the best place first


class Benchmark:
    """A subclass fills in the fields, and overrides what is marked so."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    all_peers: tuple[Peer, ...]  # in the order of the tables, the limit first

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.notes: list[str] = []  # what a reader of the figures should know
        self.left_out: list[str] = []  # what cannot be measured here, and why
        self.peers: list[Peer] = []
        for peer in self.all_peers:
            if reason := self.missing(peer):
                self.left_out.append(f"{self.name}, {peer.name}: {reason}")
            else:
                self.peers.append(peer)

    def missing(self, peer: Peer) -> str:
        """Why the peer cannot run; empty if it can."""
        path = self.path(peer.program)
        hint = f" (is {peer.package} installed?)" if peer.package else ""
        if peer.program != "python":
            return "" if os.access(path, os.X_OK) else f"there is no {path.name}{hint}"
        if not path.exists():
            return f"there is no {path.name}"
        if peer == UVLOOP and not importlib.util.find_spec("uvloop"):
            return f"{sys.executable} has no uvloop{hint}"
        return ""

    def path(self, program: str) -> Path:
        if program == "python":
            return SOURCES / self.name / f"{self.name}.py"
        return self.situation.build / "bench" / self.name / f"{self.name}-{program}"

    def command(self, peer: Peer, *arguments: object) -> list[str]:
        """The command line: the peer's own arguments come first."""
        before = ["env", *peer.environment] if peer.environment else []
        interpreter = [sys.executable] if peer.program == "python" else []
        words = map(str, (*peer.arguments, *arguments))
        return [*before, *interpreter, str(self.path(peer.program)), *words]

    # --- to be overridden
    def settings(self) -> list[Setting]:
        raise NotImplementedError

    def takes_part(self, peer: Peer, setting: Setting) -> bool:
        """Whether the peer is measured in the setting."""
        return True

    def seconds(self, peer: Peer, setting: Setting) -> float:
        """About how long one run takes."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Called once, before the first run."""

    def run(self, peer: Peer, setting: Setting) -> dict[str, Any]:
        """One run: what the program printed. Raises `measure.RunFailed`."""
        raise NotImplementedError

    def clean_up(self) -> None:
        """Called on every way out once `prepare` has been."""

    def objections(self, results: Results) -> list[str]:
        """What is wrong with the results as a whole; each is a failure."""
        return []

    def charts(self, results: Results) -> list[Chart]:
        """The pictures."""
        return []
