#!/usr/bin/env python3
"""The benchmark suite: rondo beside its peers, in the same run on the same machine.

./dev bench builds the programs and calls this. It prints tables, and writes them with the plots to
OUT/report.md and everything that was measured to OUT/bench.json.

Exit status: 0, 1 if a run failed, 2 for a wrong command line or a wrong OLD.json, 3 if --compare
finds a regression.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

sys.dont_write_bytecode = True  # the sources' folder stays as it is

from suite import rounds  # noqa: E402
from suite.benchmark import Benchmark, Situation  # noqa: E402
from suite.echo import Echo  # noqa: E402
from suite.files import Files  # noqa: E402
from suite.measure import choose_cores  # noqa: E402
from suite.results import NoResults, old_results  # noqa: E402
from suite.session import RUN_FAILED, Session, say, show  # noqa: E402
from suite.sleepers import Sleepers  # noqa: E402
from suite.ssh import Ssh  # noqa: E402
from suite.steps import Steps  # noqa: E402

BENCHMARKS: dict[str, type[Benchmark]] = {
    kind.name: kind for kind in (Steps, Echo, Sleepers, Files, Ssh)
}
ROUNDS, QUICK_ROUNDS = 5, 2
WRONG_USE = 2  # exit status


def options_of(arguments: list[str]) -> argparse.Namespace:
    """The command line; says what is wrong with it and exits."""
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="Measures rondo and its peers, side by side."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--build", required=True, type=Path, metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="short sizes, two rounds: minutes")
    parser.add_argument(
        "--repeat", type=int, metavar="N", help="rounds (5, and at least 5; with --quick 2)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the report goes")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="an older bench.json")
    parser.add_argument("--list", action="store_true", help="what can be measured here")
    options = parser.parse_args(arguments)
    least, usual = (1, QUICK_ROUNDS) if options.quick else (ROUNDS, ROUNDS)
    options.repeat = usual if options.repeat is None else options.repeat
    if options.repeat < least:
        parser.error(f"--repeat {options.repeat}: below {least} rounds the best of them is chance")
    for name in options.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark '{name}', but: {', '.join(BENCHMARKS)}")
    if not options.build.is_dir():
        parser.error(f"--build {options.build}: there is no such directory")
    options.names = options.names or list(BENCHMARKS)
    options.out = options.out or options.build / "bench" / "results"
    return options


def show_list(benchmarks: list[Benchmark]) -> None:
    """What --list prints."""
    for benchmark in benchmarks:
        about = rounds.in_words(rounds.seconds_of(benchmark))
        show(f"{benchmark.name}: {benchmark.title} About {about}.")
        show(f"  peers: {', '.join(peer.name for peer in benchmark.peers) or 'none'}")
        show(f"  settings: {'; '.join(setting.title for setting in benchmark.settings())}")
        for line in benchmark.left_out:
            show(f"  left out: {line}")


def leave(number: int, frame: FrameType | None) -> NoReturn:
    """On a signal: programs are ended and temporary files removed on the way out."""
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    options = options_of(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    try:
        old = old_results(options.compare) if options.compare else None
    except NoResults as error:
        say(f"--compare: {error}")
        return WRONG_USE
    folders = (options.out.absolute().parent, options.build.absolute())
    situation = Situation(options.build, options.quick, options.repeat, choose_cores(), folders)
    benchmarks = [kind(situation) for name, kind in BENCHMARKS.items() if name in options.names]
    if options.list:
        show_list(benchmarks)
        return 0
    try:
        return Session(options, benchmarks, old).run()
    except OSError as error:  # the disk is full, the folder is not ours
        say(f"the report cannot be written: {error}")
        return RUN_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
