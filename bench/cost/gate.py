#!/usr/bin/env python3
"""Counts what the runtime's steps and an echoed request cost, and holds them to their budgets.

Instructions are counted by valgrind's callgrind, as the difference of a long and a short run, and
hardly vary; so a regression is seen the day it lands, on whatever machine. Budgets hold for clang
19 at -O3 (the release build).

    gate.py --build DIR [--update]

Exit status: 0, 1 if something costs more than its budget, 2 for a wrong command line.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BUDGETS = Path(__file__).with_name("budgets.txt")
COMPILER = "clang version 19."
STEPS = ["yield", "await", "spawn_join", "queue", "lock_handoff", "lock_free", "timer", "wait_for"]
SECONDS = 120  # for one run


class Failed(Exception):
    """A program did not do what it should; the text says which and how."""


def run(command: list[str]) -> str:
    """What a program writes to its standard error."""
    # The same environment everywhere: its size moves the stack, and with it a few instructions.
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, env={"PATH": os.environ["PATH"]}
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    return done.stderr


def instructions(said: str) -> int:
    """The count in callgrind's closing lines."""
    found = re.search(r"Collected : (\d+)", said)
    if found is None:
        raise Failed(f"callgrind printed no count:\n{said}")
    return int(found[1])


CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]


def step(build: Path, name: str) -> float:
    """Instructions of one step."""
    program = str(build / "bench/cost/cost-steps")
    short, long = 10_000, 20_000
    counts = [instructions(run([*CALLGRIND, program, name, str(n)])) for n in (short, long)]
    return (counts[1] - counts[0]) / (long - short)


def serve(build: Path, watch: list[str], connections: int, requests: int) -> str:
    """Runs the echo server under `watch` for so many requests; what `watch` writes about it."""
    folder = build / "bench/echo"
    size = ["--size", "64", "--requests", str(requests)]
    server = subprocess.Popen(
        [*watch, str(folder / "echo-rondo"), *size],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().removeprefix("listening ").strip()
        load = ["--port", port, "--connections", str(connections), "--warmup", "0"]
        run([str(folder / "echo-load"), *load, *size])
        said = server.communicate(timeout=SECONDS)[1]
    finally:
        server.kill()
        server.wait()
    if server.returncode != 0:
        raise Failed(f"{folder}/echo-rondo: exit status {server.returncode}\n{said}")
    return said


def request(build: Path, connections: int) -> float:
    """Instructions that one echoed request costs in user space."""
    short, long = 20_000, 60_000
    counts = [instructions(serve(build, CALLGRIND, connections, n)) for n in (short, long)]
    return (counts[1] - counts[0]) / (long - short)


def enters(build: Path) -> float:
    """Calls of io_uring_enter for each of 64 clients' requests."""
    requests = 64_000
    with tempfile.NamedTemporaryFile("r") as table:
        serve(build, ["strace", "-c", "-f", "-o", table.name], 64, requests)
        # share of time, seconds, microseconds a call, calls, errors if any, name
        line = re.compile(r"^ *\S+ +\S+ +\d+ +(\d+) +(?:\d+ +)?io_uring_enter$", re.MULTILINE)
        counted = line.search(table.read())
    if counted is None:
        raise Failed("strace counted no io_uring_enter")
    return int(counted[1]) / requests


def measures(build: Path) -> dict[str, tuple[Callable[[], float], float]]:
    """How each row is measured, and by how much it may be over its budget."""
    rows: dict[str, tuple[Callable[[], float], float]] = {
        name: (lambda name=name: step(build, name), 1.05) for name in STEPS
    }
    rows["echo_1"] = (lambda: request(build, 1), 1.10)
    rows["echo_64"] = (lambda: request(build, 64), 1.10)
    rows["echo_64_enters"] = (lambda: enters(build), 1.30)
    return rows


def read_budgets() -> dict[str, float]:
    """The stored budgets, by row."""
    lines = [line.split() for line in BUDGETS.read_text().splitlines()]
    return {line[0]: float(line[1]) for line in lines if line and not line[0].startswith("#")}


def write_budgets(measured: dict[str, float]) -> None:
    """Stores what was measured."""
    head = "# What a step, or a request, may cost: see gate.py. Renew with gate.py --update.\n"
    rows = [f"{name:<16} {value:.3f}\n" for name, value in measured.items()]
    BUDGETS.write_text(head + "".join(rows))


def verdict(value: float, budget: float, margin: float) -> str:
    """What a row comes to."""
    if value > budget * margin and value > budget + (3 if budget > 1 else 0):
        return "OVER"
    return "far below: renew the budget" if value < 0.9 * budget else "ok"


def compiler_of(build: Path) -> str:
    """The first line of the compiler's --version, as the build has it."""
    log = (build / "meson-logs/meson-log.txt").read_text(errors="replace")
    found = re.search(r"C\+\+ compiler for the host machine: (.*)", log)
    return found[1] if found else "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description="Holds costs to their budgets.")
    parser.add_argument("--build", required=True, type=Path)
    parser.add_argument("--update", action="store_true", help="store what is measured")
    options = parser.parse_args()
    compiler = compiler_of(options.build)
    if COMPILER not in compiler:
        print(f"SKIP the budgets are for {COMPILER}x, and this build is of: {compiler}")
        return 0
    for tool in ("valgrind", "strace"):
        if shutil.which(tool) is None:
            print(f"{tool} is missing: apt-get install {tool}")
            return 1
    rows = measures(options.build.resolve())
    try:
        with ThreadPoolExecutor(2) as pool:
            values = pool.map(lambda row: row[0](), rows.values())
            measured = dict(zip(rows, values))
    except (Failed, subprocess.TimeoutExpired) as error:
        print(error)
        return 1
    if options.update:
        write_budgets(measured)
    budgets = read_budgets()
    over = False
    print(f"{'':<16} {'measured':>9} {'budget':>9}")
    for name, value in measured.items():
        said = verdict(value, budgets[name], rows[name][1]) if name in budgets else "OVER: no budget"
        over = over or said.startswith("OVER")
        print(f"{name:<16} {value:>9.3f} {budgets.get(name, 0):>9.3f}  {said}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
