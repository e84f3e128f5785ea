"""echo: TCP on loopback. N clients, each sends a request, waits for its echo, and sends the next.

The server has one core for itself, and the load another. Of most interest is what a request costs
the server in CPU time: about three microseconds of it are the kernel's TCP.
"""

from __future__ import annotations

from typing import Any

from .benchmark import ASIO, ASYNCIO, GO, LIBUV, RONDO, RONDO_EPOLL, THREADS, UVLOOP
from .benchmark import Benchmark, Figure, Kind, Peer, Setting, Situation
from .machine import raise_open_file_limit
from .measure import RunFailed, json_lines, started
from .charts import Chart, LineChart
from .results import Results

CLIENTS = (1, 64, 1000, 10000)
SIZES = {"64 B": 64, "4 KiB": 4096}
QUICK_CLIENTS = {64: CLIENTS, 4096: (64, 1000)}  # by size
LOAD = Peer("load", "load")
SPARE_FILES = 64  # what a process has open besides its connections

CPU = Figure("server_cpu_us_per_request", "server CPU", "µs a request", Kind.CPU)
RATE = Figure("requests_per_second", "rate", "1000 a second", Kind.WALL, 1e-3, more_is_better=True)
MEMORY = Figure("server_vm_hwm_bytes", "server memory", "MiB at most", Kind.MEMORY, 2**-20)


class Echo(Benchmark):
    name = "echo"
    title = "TCP echo on loopback; the server pinned to one core, its clients to another."
    figures = (
        CPU,
        RATE,
        MEMORY,
        Figure("p50_us", "median time", "µs", Kind.WALL, detail=True),
        Figure("p99_us", "p99 time", "µs", Kind.TAIL, detail=True),
        Figure("max_us", "longest time", "µs", Kind.TAIL, detail=True),
        Figure("client_cpu_us_per_request", "client CPU", "µs a request", Kind.TAIL, detail=True),
    )
    all_peers = (
        Peer("raw", "raw"),
        RONDO,
        RONDO_EPOLL,
        Peer("rondo strings", "rondo-strings"),
        ASIO,
        LIBUV,
        THREADS,
        GO,
        ASYNCIO,
        UVLOOP,
    )

    def __init__(self, situation: Situation) -> None:
        super().__init__(situation)
        most = raise_open_file_limit() - SPARE_FILES
        self.clients = [count for count in CLIENTS if count <= most]
        for count in CLIENTS:
            if count > most:
                self.left_out.append(
                    f"echo with {count:,} connections: the limit of open files (ulimit -Hn) is"
                    f" {most + SPARE_FILES:,}"
                )
        if situation.cores.shared:
            self.notes.append("echo: there is one core only, and servers and clients share it")
        if reason := self.missing(LOAD):
            self.left_out.append(f"echo, all of it: {reason}")
            self.peers = []

    def settings(self) -> list[Setting]:
        return [
            Setting(f"{name}, {count:,} connection{'s' * (count > 1)}", {"size": size, "n": count})
            for name, size in SIZES.items()
            for count in self.clients
            if not self.situation.quick or count in QUICK_CLIENTS[size]
        ]

    def takes_part(self, peer: Peer, setting: Setting) -> bool:
        if setting.values["n"] <= 1000:
            return True
        return peer.program != "python" and not (self.situation.quick and peer.name == "threads")

    def lengths(self) -> tuple[float, float]:
        """Seconds of warming up, and of measuring."""
        return (0.2, 0.6) if self.situation.quick else (0.5, 2.0)

    def seconds(self, peer: Peer, setting: Setting) -> float:
        start = 0.3 if peer.program == "python" else 0.1
        return sum(self.lengths()) + start + setting.values["n"] * 1e-4

    def run(self, peer: Peer, setting: Setting) -> dict[str, Any]:
        cores = self.situation.cores
        warmup, measured = self.lengths()
        with started(self.command(peer, "--port", 0), cores.measured, grace=5) as server:
            line = server.first_line(20)
            word, _, port = line.partition(" ")
            if word != "listening" or not port.isdigit():
                raise RunFailed(f"`{server.name}` said {line[:80]!r} where it listens")
            load = self.command(
                LOAD,
                *("--port", port, "--server-pid", server.process.pid),
                *("--connections", setting.values["n"], "--size", setting.values["size"]),
                *("--seconds", measured, "--warmup", warmup),
            )
            try:
                return json_lines(load, cores.load, 60 + warmup + measured)[-1]
            except RunFailed as error:
                if server.process.poll() is not None:
                    raise server.failure(f"{server.ending()} under load") from error
                raise

    def charts(self, results: Results) -> list[Chart]:
        shown = (
            (CPU, "cpu", "CPU time of the server per request, µs"),
            (RATE, "rate", "requests per second, in thousands"),
            (MEMORY, "memory", "memory of the server at most, MiB"),
        )
        return [
            LineChart(
                f"echo-{word}-{size}",
                f"TCP echo, {name}: {axis.partition(',')[0]}",
                "connections",
                axis,
                results.lines(self, settings, figure),
            )
            for name, size in SIZES.items()
            for figure, word, axis in shown
            if (settings := [one for one in self.settings() if one.values["size"] == size])
        ]
