"""Where and of what: the machine, the versions of compilers and peers, and the project's commit.

All of it is for the reader of the results. What cannot be found out is left empty.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = (
    "gnuplot-nox",
    "golang-go",
    "libasio-dev",
    "liburing-dev",
    "libuv1-dev",
    "python3",
    "python3-uvloop",
)
PROJECT = Path(__file__).resolve().parent.parent.parent


def words_of(*command: str) -> str:
    """What a command prints; empty if it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def first_match(path: str, pattern: str) -> str:
    try:
        text = Path(path).read_text(errors="replace")
    except OSError:
        return ""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else ""


def machine() -> dict[str, Any]:
    """The machine, as far as figures depend on it."""
    kilobytes = first_match("/proc/meminfo", r"^MemTotal:\s+(\d+) kB")
    return {
        "cpu": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.+)$") or platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(int(kilobytes or 0) / 2**20, 1),
        "kernel": os.uname().release,
    }


def is_same_machine(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Kernels may differ: that is often what one wants to compare."""
    return all(one.get(key) == other.get(key) for key in ("cpu", "cores", "memory_gib"))


def versions() -> dict[str, str]:
    """The peers' packages that are installed, where dpkg-query knows it."""
    form = "${Package} ${Version} ${db:Status-Status}\n"
    parts = [line.split() for line in words_of("dpkg-query", "-Wf", form, *PACKAGES).splitlines()]
    found = {part[0]: part[1] for part in parts if len(part) == 3 and part[2] == "installed"}
    return {**found, "python": platform.python_version()}


def introspection(build: Path, name: str) -> Any:
    """What meson has written about the build directory."""
    try:
        return json.loads((build / "meson-info" / f"intro-{name}.json").read_text())
    except (OSError, ValueError):
        return {}


def compilers(build: Path) -> dict[str, str]:
    """Language -> the compiler's own words, such as "Debian clang version 19.1.7".

    Found through a target of each language: meson writes intro-compilers.json only from 1.4 on.
    """
    commands: dict[str, list[str]] = {}
    for target in introspection(build, "targets") or []:
        for source in target.get("target_sources", []):
            if source.get("language") in ("c", "cpp"):  # not the commands of custom targets
                commands[source["language"]] = source["compiler"]
    return {
        language: words_of(*command, "--version").partition("\n")[0]
        for language, command in sorted(commands.items())
    }


def build_type(build: Path) -> str:
    options = introspection(build, "buildoptions")
    values = {option["name"]: option["value"] for option in options or []}
    return str(values.get("buildtype", ""))


def commit() -> str:
    """The project's commit, and whether the checkout differs from it."""
    git = ("git", "--no-optional-locks", "-C", str(PROJECT))
    name = words_of(*git, "rev-parse", "HEAD")
    return name + (" with changes" if name and words_of(*git, "status", "--porcelain") else "")


def raise_open_file_limit() -> int:
    """Raises the limit of open files as far as it goes, here and so for the programs."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 30


def file_system(path: Path) -> str:
    """The type of the file system that the path lies on, such as "ext4"."""
    path, best, kind = path.resolve(), Path(), ""
    for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4].encode().decode("unicode_escape"))  # \040 is a space
        if path.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, after.split()[0]
    return kind
