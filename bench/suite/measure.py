"""Runs programs: pinned to cores, bounded in time, and ended on every way out.

Each program leads a process group of its own, which is killed as a whole when its run is over,
also when that is because of an exception (Ctrl-C, a time-out). Should this process itself be
killed, the kernel ends the program.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
GRACE_SECONDS = 5.0  # between SIGTERM and SIGKILL

libc = ctypes.CDLL(None)


class RunFailed(Exception):
    """A run that gave no figures. The text is one plain line."""


@dataclass(frozen=True)
class Cores:
    """Which cores the programs get: what is measured runs on one, and its load on the other."""

    measured: frozenset[int]
    load: frozenset[int]
    every: frozenset[int]

    @property
    def shared(self) -> bool:
        return self.measured == self.load


def siblings(core: int) -> set[int]:
    """The cores that share their execution units with this one, itself included.

    The kernel writes the list as in "0-1,8".
    """
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    try:
        parts = [part.partition("-") for part in path.read_text().strip().split(",")]
        return {
            number for low, _, high in parts for number in range(int(low), int(high or low) + 1)
        }
    except (OSError, ValueError):
        return {core}


def choose_cores() -> Cores:
    """The last core is measured: the first one often has the interrupts. The load gets another,
    of another pair of hyper-threads if there is one."""
    every = sorted(os.sched_getaffinity(0))
    measured = every[-1]
    apart = [core for core in every if core not in siblings(measured)]
    load = next(iter(apart or every))
    return Cores(frozenset({measured}), frozenset({load}), frozenset(every))


def preparation(cores: frozenset[int]) -> Callable[[], None]:
    """What a child does before it becomes the program."""
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
        os.sched_setaffinity(0, cores)

    return prepare


def end(process: subprocess.Popen[str], grace: float) -> None:
    """Ends the program and all that it has started."""
    try:
        if grace and process.poll() is None:
            process.terminate()
            process.wait(grace)
    except subprocess.TimeoutExpired:
        pass
    finally:  # Ctrl-C may come while it waits
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Program:
    """A program that runs, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self.process = process
        self.name = " ".join(Path(word).name for word in process.args)  # type: ignore[union-attr]
        self.errors_ = errors

    def failure(self, what: str) -> RunFailed:
        """The exception that says so, with the program's last words."""
        self.errors_.seek(0)
        words = [line.strip() for line in self.errors_ if line.strip()]
        last = f": {words[-1][:200]}" if words else ""
        return RunFailed(f"`{self.name}` {what}{last}")

    def ending(self) -> str:
        """How it ended, for a program that has not succeeded."""
        status = self.process.returncode
        if status >= 0:
            return f"ended with status {status}"
        return f"was killed by {signal.Signals(-status).name}"

    def first_line(self, seconds: float) -> str:
        """The first line of its output, which it prints when it is ready."""
        assert self.process.stdout
        deadline, line = time.monotonic() + seconds, b""
        descriptor = self.process.stdout.fileno()
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise self.failure(f"was not ready after {seconds:.0f} seconds")
            if not (byte := os.read(descriptor, 1)):
                self.process.wait()
                raise self.failure(self.ending())
            line += byte
        return line.decode(errors="replace").strip()


@contextlib.contextmanager
def started(command: Sequence[str], cores: frozenset[int], grace: float = 0) -> Iterator[Program]:
    """The program, which is ended when the block is left: by SIGTERM if there is a grace."""
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
                process_group=0,
                preexec_fn=preparation(cores),
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise RunFailed(f"`{Path(command[0]).name}` does not start: {error}") from None
        try:
            yield Program(process, errors)
        finally:
            end(process, grace)
            if process.stdout:
                process.stdout.close()


def output_of(command: Sequence[str], cores: frozenset[int], seconds: float) -> str:
    """What the program prints, which must end by itself, well and in time."""
    with started(command, cores) as program:
        try:
            text, _ = program.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise program.failure(f"was not done after {seconds:.0f} seconds") from None
        if program.process.returncode:
            raise program.failure(program.ending())
        return text


def refuse(constant: str) -> NoReturn:
    """NaN and Infinity, which Python would take for JSON."""
    raise ValueError(constant)


def json_lines(
    command: Sequence[str], cores: frozenset[int], seconds: float
) -> list[dict[str, Any]]:
    """The JSON objects that the program prints, one a line; at least one."""
    text = output_of(command, cores, seconds)
    name = Path(command[0]).name
    try:
        lines = [line for line in text.splitlines() if line.strip()]
        objects = [json.loads(line, parse_constant=refuse) for line in lines]
    except ValueError:
        raise RunFailed(f"`{name}` printed what is not JSON: {text.strip()[:200]!r}") from None
    if not objects or not all(isinstance(value, dict) for value in objects):
        raise RunFailed(f"`{name}` printed no JSON object, but {text.strip()[:200]!r}")
    return objects
