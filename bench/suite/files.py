"""files: reads of 4 KiB from a big file: at random, 32 at a time, or in order, one by one.

From the page cache, where the way to the kernel and back is nearly all there is, and with O_DIRECT,
where each read waits for the disk. All peers read the same blocks, so their checksums agree.
"""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from .benchmark import ASIO, ASYNCIO, GO, RONDO, THREADS
from .benchmark import Benchmark, Figure, Kind, Peer, Setting, Situation
from .machine import file_system
from .measure import RunFailed, json_lines, output_of
from .charts import BarChart, Chart
from .results import Results

BLOCK = 4096
DEPTH = 32
MIB, QUICK_MIB = 1024, 256
SETTINGS = (
    Setting("random, page cache", {"mode": "random", "direct": False, "reads": 200000}),
    Setting("one by one, page cache", {"mode": "seq", "direct": False, "reads": 200000}),
    Setting("random, O_DIRECT", {"mode": "random", "direct": True, "reads": 40000}),
    Setting("one by one, O_DIRECT", {"mode": "seq", "direct": True, "reads": 10000}),
)
QUICK_SETTINGS = SETTINGS[:3]
QUICK_READS = 0.25  # of the reads
MAKER = Peer("make", "make")
IN_MEMORY = ("tmpfs", "ramfs")

CPU = Figure("cpu_us_per_read", "CPU", "µs a read", Kind.CPU)


class Files(Benchmark):
    name = "files"
    title = f"Reads of 4 KiB: at random {DEPTH} at a time, or in order one by one; on all cores."
    figures = (
        CPU,
        Figure("reads_per_second", "rate", "1000 a second", Kind.WALL, 1e-3, more_is_better=True),
    )
    all_peers = (
        Peer("raw+fixed", "raw", ("--fixed",)),
        Peer("raw", "raw"),
        RONDO,
        ASIO,
        Peer("rondo to_thread", "rondo", ("--to-thread",)),
        THREADS,
        Peer("thread pool", "pool"),
        GO,
        ASYNCIO,
    )

    def __init__(self, situation: Situation) -> None:
        super().__init__(situation)
        self.folder: Path | None = None  # a temporary one, while runs go on
        self.no_direct = ""  # why there can be no O_DIRECT
        if reason := self.missing(MAKER):
            self.left_out.append(f"files, all of it: {reason}")
            self.peers = []

    def settings(self) -> list[Setting]:
        chosen = QUICK_SETTINGS if self.situation.quick else SETTINGS
        return [one for one in chosen if not (self.no_direct and one.values["direct"])]

    def reads(self, setting: Setting) -> int:
        return int(setting.values["reads"] * (QUICK_READS if self.situation.quick else 1))

    def seconds(self, peer: Peer, setting: Setting) -> float:
        slow = 80e-6 if peer.program == "python" else 30e-6 if setting.values["direct"] else 5e-6
        return 0.1 + self.reads(setting) * slow

    def prepare(self) -> None:
        """Writes the file: on a disk if there is one, and never more than memory can cache."""
        size = QUICK_MIB if self.situation.quick else MIB
        places = [place for place in self.situation.folders if os.access(place, os.W_OK)]
        places = [place for place in places if shutil.disk_usage(place).free > 2 * size * 2**20]
        if not places:
            raise RunFailed(f"no room for a file of {size} MiB in {self.situation.folders[0]}")
        place = next((one for one in places if file_system(one) not in IN_MEMORY), places[0])
        self.folder = Path(tempfile.mkdtemp(prefix="rondo-files-", dir=place))
        path = self.folder / "file"
        output_of(self.command(MAKER, path, size), self.situation.cores.every, 300)
        with path.open("rb") as file:
            os.fsync(file.fileno())  # or the first reads would compete with the writing
        if reason := refusal_of_direct(path):
            self.no_direct = reason
            self.left_out.append(f"files with O_DIRECT: {reason}")

    def clean_up(self) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, peer: Peer, setting: Setting) -> dict[str, Any]:
        assert self.folder
        reads, direct = self.reads(setting), ["--direct"] if setting.values["direct"] else []
        command = self.command(
            peer,
            *("--file", self.folder / "file", "--mode", setting.values["mode"]),
            *("--reads", reads, "--depth", DEPTH, *direct),
        )
        limit = 60 + 5 * self.seconds(peer, setting)
        return json_lines(command, self.situation.cores.every, limit)[-1]

    def objections(self, results: Results) -> list[str]:
        """All have read the same."""
        wrong = []
        for setting in self.settings():
            sums: dict[str, set[str]] = defaultdict(set)
            for run in results.runs:
                if (run.benchmark, run.setting) == (self.name, setting.title):
                    sums[str(run.figures.get("checksum"))].add(run.peer)
            if len(sums) > 1:
                told = (f"{value}: {', '.join(sorted(peers))}" for value, peers in sums.items())
                wrong.append(f"{setting.title}: the checksums do not agree ({'; '.join(told)})")
        return wrong

    def charts(self, results: Results) -> list[Chart]:
        panels = {setting.title: results.bests(self, setting, CPU) for setting in self.settings()}
        title = "CPU time of one read of 4 KiB"
        return [BarChart("files", title, "µs, logarithmic; less is better", panels)]


def refusal_of_direct(path: Path) -> str:
    """Why the file cannot be read with O_DIRECT; empty if it can."""
    kind = file_system(path)
    if kind in IN_MEMORY:
        return f"{path.parent.parent} is a {kind}, so there is no disk to wait for"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
        try:
            with mmap.mmap(-1, BLOCK) as aligned:
                os.preadv(descriptor, [aligned], 0)
        finally:
            os.close(descriptor)
    except OSError as error:
        return f"{kind} at {path.parent.parent} refuses it ({error.strerror})"
    return ""
