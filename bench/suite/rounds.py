"""Lets the peers run in turns.

A machine has good and bad minutes. So each round has every setting and every peer in it, peers of
one setting follow each other closely, and each round begins with another of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from dataclasses import dataclass

from .benchmark import Benchmark, Peer, Setting
from .measure import RunFailed
from .results import Results, Run, is_number

TRIES = 2  # a peer that has failed so often in one setting is not tried there again


@dataclass(frozen=True)
class Turn:
    """One run to come."""

    round: int
    setting: Setting
    peer: Peer


def turns(benchmark: Benchmark) -> list[Turn]:
    """All runs of a benchmark, in order."""
    plan = []
    for index in range(benchmark.situation.rounds):
        for setting in benchmark.settings():
            peers = [peer for peer in benchmark.peers if benchmark.takes_part(peer, setting)]
            plan += [Turn(index + 1, setting, peer) for peer in rotated(peers, index)]
    return plan


def rotated(peers: list[Peer], by: int) -> list[Peer]:
    """The peers, `by` places further on.

    >>> [peer.name for peer in rotated([Peer(name, name) for name in "abc"], 4)]
    ['b', 'c', 'a']
    """
    by %= len(peers) or 1
    return peers[by:] + peers[:by]


def seconds_of(benchmark: Benchmark) -> float:
    """About how long the whole benchmark takes."""
    return sum(benchmark.seconds(turn.peer, turn.setting) for turn in turns(benchmark))


def in_words(seconds: float) -> str:
    """A time as people say it.

    >>> in_words(42), in_words(340)
    ('42 seconds', '6 minutes')
    """
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


class Progress:
    """One line on the terminal, rewritten before each run; nothing elsewhere."""

    def __init__(self, seconds: float) -> None:
        self.planned_ = seconds  # by the estimates, for everything
        self.done_ = 0.0  # of the planned seconds
        self.began_ = time.monotonic()
        self.shown_ = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    def begin(self, text: str) -> None:
        """Shows what runs now, and what the pace so far makes of the rest."""
        if not self.shown_:
            return
        pace = (time.monotonic() - self.began_) / self.done_ if self.done_ > 10 else 1.0
        left = in_words(pace * max(0.0, self.planned_ - self.done_))
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        self.clear()
        sys.stderr.write(f"{text}, about {left} left"[: width - 1])
        sys.stderr.flush()

    def advance(self, seconds: float) -> None:
        self.done_ += seconds

    def clear(self) -> None:
        if self.shown_:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def say(self, line: str) -> None:
        """A line that stays."""
        self.clear()
        print(line, file=sys.stderr, flush=True)


def run(benchmark: Benchmark, turn: Turn) -> Run:
    """One run, which must have given a figure at least."""
    figures = benchmark.run(turn.peer, turn.setting)
    if not any(is_number(figures.get(figure.key)) for figure in benchmark.figures):
        raise RunFailed("the program printed none of the figures")
    return Run(benchmark.name, turn.setting.title, turn.peer.name, turn.round, figures)


def measure(benchmark: Benchmark, results: Results, progress: Progress) -> None:
    """Runs all turns. A run that fails is said and noted, and the next one follows."""
    if not benchmark.peers:
        return
    failed: Counter[tuple[str, str]] = Counter()

    def fail(line: str) -> None:
        progress.say(line)
        results.failures.append(line)

    try:
        try:
            benchmark.prepare()
        except (RunFailed, OSError) as error:
            fail(f"{benchmark.name} cannot be measured: {error}")
            return
        for turn in turns(benchmark):
            name, place = turn.peer.name, f"{benchmark.name}, {turn.setting.title}"
            seconds = benchmark.seconds(turn.peer, turn.setting)
            if failed[name, place] < TRIES:
                progress.begin(f"round {turn.round}: {place}: {name}")
                try:
                    results.runs.append(run(benchmark, turn))
                except RunFailed as error:
                    failed[name, place] += 1
                    last = "; not tried again" if failed[name, place] == TRIES else ""
                    fail(f"{place}, {name}, round {turn.round}: {error}{last}")
            progress.advance(seconds)
    finally:
        progress.clear()
        benchmark.clean_up()
    for objection in benchmark.objections(results):
        fail(f"{benchmark.name}: {objection}")
