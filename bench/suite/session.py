"""One call of the suite: the benchmarks in turn, and what is told and written of them."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from datetime import datetime, timezone
from typing import Any

from . import compare, machine, plots, report, rounds
from .benchmark import Benchmark
from .measure import RunFailed
from .results import Results

RUN_FAILED, REGRESSION = 1, 3  # exit statuses


def say(line: str) -> None:
    """To the user, besides the tables."""
    print(line, file=sys.stderr, flush=True)


def show(text: str) -> None:
    """A table, unless nobody reads any more: the measuring goes on."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def about(options: argparse.Namespace) -> dict[str, Any]:
    """All that a reader of the figures may ask."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine.machine(),
        "commit": machine.commit(),
        "compilers": machine.compilers(options.build),
        "build_type": machine.build_type(options.build),
        "versions": machine.versions(),
        "options": {
            "names": options.names,
            "quick": options.quick,
            "rounds": options.repeat,
        },
    }


class Session:
    """Writes after each benchmark, so that an interrupted session keeps what was finished."""

    def __init__(
        self, options: argparse.Namespace, benchmarks: list[Benchmark], old: Results | None
    ) -> None:
        self.options_ = options
        self.benchmarks_ = benchmarks
        self.old_ = old
        self.results_ = Results(about=about(options))
        self.notes_: list[str] = []  # those that belong to no benchmark
        self.pictures_: dict[str, list[tuple[str, str]]] = {}  # by benchmark: name and title
        self.told_: set[str] = set()  # notes and the like that the user has read already
        self.draws_ = shutil.which("gnuplot") is not None

    def run(self) -> int:
        """Everything; the exit status."""
        self.options_.out.mkdir(parents=True, exist_ok=True)
        build_type = self.results_.about["build_type"]
        if build_type not in ("", "release"):
            self.notes_.append(f"the programs are built as {build_type}, not as release")
        if not self.draws_:
            self.notes_.append("there are no plots: install gnuplot (package gnuplot-nox)")
        self.tell(self.benchmarks_)
        seconds = sum(map(rounds.seconds_of, self.benchmarks_))
        say(f"rounds: {self.options_.repeat}; this takes about {rounds.in_words(seconds)}")
        progress = rounds.Progress(seconds)
        show(report.LEGEND + "\n")
        for count, benchmark in enumerate(self.benchmarks_, 1):
            rounds.measure(benchmark, self.results_, progress)
            self.draw(benchmark)
            self.write(self.benchmarks_[:count], "")
            for table in report.tables(self.results_, benchmark, with_details=False):
                show(table.text() + "\n")
        return self.finish()

    def tell(self, benchmarks: list[Benchmark]) -> None:
        """What there is to know, once each: before the long wait if it is known then."""
        self.results_.notes = self.notes_ + [line for one in benchmarks for line in one.notes]
        self.results_.left_out = [line for one in benchmarks for line in one.left_out]
        lines = [f"note: {line}" for line in self.results_.notes]
        lines += [f"left out: {line}" for line in self.results_.left_out]
        for line in lines:
            if line not in self.told_:
                say(line)
        self.told_.update(lines)

    def draw(self, benchmark: Benchmark) -> None:
        """A picture that fails is said and noted."""
        if not self.draws_:
            return
        drawn = self.pictures_.setdefault(benchmark.name, [])
        for chart in benchmark.charts(self.results_):
            try:
                if plots.draw(chart, self.options_.out, benchmark.situation.cores.every):
                    drawn.append((chart.name, chart.title))
            except RunFailed as error:
                self.results_.failures.append(f"no plot {chart.name}: {error}")
                say(self.results_.failures[-1])

    def write(self, done: list[Benchmark], comparison: str) -> None:
        """bench.json and report.md."""
        results, out = self.results_, self.options_.out
        self.tell(done)
        results.save(out / "bench.json", report.summaries(results, done))
        text = report.markdown(results, done, self.pictures_, comparison)
        (out / "report.md").write_text(text)

    def finish(self) -> int:
        """The comparison, and the last words."""
        results, regressions = self.results_, []
        if self.old_:
            warnings = compare.warnings(self.old_, results)
            table, regressions = compare.comparison(self.old_, results, self.benchmarks_)
            if not table.rows:
                warnings.append("warning: no figure is in both, so nothing is compared")
            show("\n".join([*warnings, table.text(), ""]))
            self.write(self.benchmarks_, "\n\n".join([*warnings, table.markdown()]))
        for line in regressions:
            show(f"regression: {line}")
        for line in results.failures:
            show(f"failed: {line}")
        if not results.runs:
            show("nothing was measured")
        show(f"the report is {self.options_.out}/report.md; bench.json beside it has all figures")
        if regressions:
            return REGRESSION
        return RUN_FAILED if results.failures or not results.runs else 0
