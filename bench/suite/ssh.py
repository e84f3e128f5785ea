"""ssh: N sessions at once: log in with a password, a shell, one command, out again.

All are open at the same time: no command is sent before all have logged in. The server is the lab's,
with a thread for each session, on the other core, so that only the clients are measured. All peers
offer the same algorithms; one setting has those that cost most. How long rondo's loop is held up is
measured in runs of their own, since the task that sees it takes time too.

A run with few sessions is over in 15 milliseconds and swings by a third: each turn has several, and
the one that took least CPU time counts.
"""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from .benchmark import GO, RONDO, RONDO_EPOLL, THREADS, UVLOOP
from .benchmark import Benchmark, Figure, Kind, Peer, Setting, Situation
from .charts import Chart, LineChart
from .measure import Program, RunFailed, json_lines, started
from .results import Results

COUNTS = (10, 100, 300, 1000)
QUICK_COUNTS = (10, 100, 300)
MOST_PARAMIKO = 300  # threads
GROUP14 = "diffie-hellman-group14-sha256"
LIBSSH2_PROGRAMS = ("raw", "rondo", "threads")  # those that take --kex
# Milliseconds of CPU time for each session, client and server, for the estimate.
COST = {"python": 5.0}
USUAL_COST = 2.5

CPU = Figure("cpu_ms_each", "CPU", "ms a session", Kind.CPU)
MEMORY = Figure("kb_each", "memory", "kB a session", Kind.MEMORY)
WALL = Figure("seconds", "whole run", "seconds", Kind.WALL)
RAW = Peer("libssh2 epoll", "raw")
RAW_FILLED = Peer("libssh2 filled", "raw", ("--fill", "yes"))
ASYNCSSH = Peer("asyncssh", "python", package="python3-asyncssh")
ASYNCSSH_UVLOOP = Peer("asyncssh uvloop", "python", ("--uvloop",), "python3-asyncssh")
PARAMIKO = Peer("paramiko", "python", ("--paramiko",), "python3-paramiko")
MODULES = {ASYNCSSH: "asyncssh", ASYNCSSH_UVLOOP: "asyncssh", PARAMIKO: "paramiko"}

FEW = 50  # sessions: with fewer, a turn has several runs

ROUTER = """\
routers:
  - {hostname: bench, address: 127.0.0.1, port: 0, username: cisco, password: cisco,
     enable_secret: cisco, interfaces: [{name: Loopback0, ip: 10.0.0.1/32}]}
"""


def runs_each(setting: Setting) -> int:
    """How many runs a turn has.

    >>> [runs_each(Setting("", {"n": count})) for count in (10, 100)]
    [5, 1]
    """
    return int(max(1, FEW // setting.values["n"]))


class Ssh(Benchmark):
    name = "ssh"
    title = "N sessions over SSH at once: login, one command, out again; clients on one core."
    figures = (
        CPU,
        WALL,
        MEMORY,
        Figure("held_ms", "loop held up", "ms", Kind.TAIL, detail=True),
        Figure("computed_ms", "by computing", "ms", Kind.TAIL, detail=True),
    )
    all_peers = (
        RAW,
        RAW_FILLED,
        RONDO,
        RONDO_EPOLL,
        THREADS,
        GO,
        ASYNCSSH_UVLOOP,
        ASYNCSSH,
        PARAMIKO,
    )

    def __init__(self, situation: Situation) -> None:
        super().__init__(situation)
        self.running = contextlib.ExitStack()
        self.server: Program | None = None
        self.port = ""

    def missing(self, peer: Peer) -> str:
        lab = self.lab()
        if not lab.exists():
            return f"there is no {lab.name} to talk to"
        module = MODULES.get(peer)
        if module and not importlib.util.find_spec(module):
            return f"no module {module} (is {peer.package} installed?)"
        if peer == ASYNCSSH_UVLOOP and not importlib.util.find_spec("uvloop"):
            return f"no module uvloop (is {UVLOOP.package} installed?)"
        return super().missing(peer)

    def lab(self) -> Path:
        return self.situation.build / "lab" / "rondo-lab"

    def settings(self) -> list[Setting]:
        counts = QUICK_COUNTS if self.situation.quick else COUNTS
        usual = [Setting(f"{count:,} sessions", {"n": count}) for count in counts]
        return [
            *usual,
            Setting("300 sessions, watched", {"n": 300, "watch": "yes"}),
            Setting("100 sessions, group14", {"n": 100, "kex": GROUP14, "watch": "yes"}),
        ]

    def takes_part(self, peer: Peer, setting: Setting) -> bool:
        if "kex" in setting.values:
            return peer.program in LIBSSH2_PROGRAMS
        if "watch" in setting.values:
            return peer in (RONDO, RONDO_EPOLL)
        return peer != PARAMIKO or bool(setting.values["n"] <= MOST_PARAMIKO)

    def seconds(self, peer: Peer, setting: Setting) -> float:
        once = 0.4 + setting.values["n"] * COST.get(peer.program, USUAL_COST) * 1e-3
        return once * runs_each(setting)

    def prepare(self) -> None:
        folder = Path(self.running.enter_context(tempfile.TemporaryDirectory()))
        routers = folder / "routers.yaml"
        routers.write_text(ROUTER)
        command = [str(self.lab()), "--routers", str(routers), "--for", "7200"]
        cores = self.situation.cores
        self.server = self.running.enter_context(started(command, cores.load, grace=5))
        line = self.server.first_line(15)  # its name and 127.0.0.1:PORT
        self.port = line.rpartition(":")[2]
        if not self.port.isdigit():
            raise RunFailed(f"the lab says no port, but {line!r}")

    def clean_up(self) -> None:
        self.running.close()

    def run(self, peer: Peer, setting: Setting) -> dict[str, Any]:
        runs = [self.run_once(peer, setting) for _ in range(runs_each(setting))]
        return min(runs, key=lambda figures: float(figures[CPU.key]))

    def run_once(self, peer: Peer, setting: Setting) -> dict[str, Any]:
        limit = 60 + 5 * self.seconds(peer, setting)
        command = self.command(peer, "--port", self.port, "--sessions", setting.values["n"])
        for option in ("kex", "watch"):
            if option in setting.values:
                command += [f"--{option}", setting.values[option]]
        return json_lines(command, self.situation.cores.measured, limit)[-1]

    def charts(self, results: Results) -> list[Chart]:
        usual = [setting for setting in self.settings() if "watch" not in setting.values]
        shown = (
            (CPU, "cpu", "CPU time of each, ms"),
            (WALL, "seconds", "all of them, seconds"),
            (MEMORY, "memory", "memory of each, kB"),
        )
        return [
            LineChart(
                f"ssh-{word}",
                f"SSH sessions: {axis.partition(',')[0]}",
                "sessions at once",
                axis,
                results.lines(self, usual, figure),
            )
            for figure, word, axis in shown
        ]
