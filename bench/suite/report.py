"""Makes tables of the results: for each setting the peers, and for each figure best, median, worst,
and how many times dearer than rondo the peer is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .benchmark import Benchmark, Figure, Setting
from .results import Results, Summary, how_much_dearer
from .table import WIDTH, Group, Table, number

COLUMNS = ("best", "median", "worst", "/rondo")
LEGEND = (
    "Best, median and worst of the rounds; /rondo is how many times dearer than rondo the peer is"
    "\n(best by best; for speeds, how many times slower), so above 1 rondo is the better one."
)


def cells(own: Summary | None, rondo: Summary | None, figure: Figure) -> list[str]:
    """The four cells of a figure."""
    if not own:
        return ["-"] * len(COLUMNS)
    ratio = how_much_dearer(own.best, rondo.best, figure.more_is_better) if rondo else None
    shown = [number(value * figure.scale) for value in (own.best, own.median, own.worst)]
    return [*shown, f"{ratio:.2f}" if ratio is not None and ratio < 10 else number(ratio)]


def table(
    results: Results, benchmark: Benchmark, setting: Setting, figures: Iterable[Figure]
) -> Table:
    """The peers in one setting. A peer without any run is left out."""
    figures = tuple(figures)
    groups = [Group(f"{figure.title}, {figure.unit}", COLUMNS) for figure in figures]
    result = Table(f"{benchmark.name}: {setting.title}", "", groups)
    rondo = {figure: results.summary(benchmark, setting, "rondo", figure) for figure in figures}
    for peer in benchmark.peers:
        own = {figure: results.summary(benchmark, setting, peer.name, figure) for figure in figures}
        if any(own.values()):
            parts = (cells(own[figure], rondo[figure], figure) for figure in figures)
            result.rows.append([peer.name, *(cell for part in parts for cell in part)])
    return result


def width(candidate: Table) -> int:
    return max(map(len, candidate.text().splitlines()[1:]))


def tables(results: Results, benchmark: Benchmark, with_details: bool) -> list[Table]:
    """All tables of a benchmark. Figures that do not fit beside the others get one more table."""
    figures = [figure for figure in benchmark.figures if with_details or not figure.detail]
    result = []
    for setting in benchmark.settings():
        row: list[Figure] = []
        for figure in figures:
            if row and width(table(results, benchmark, setting, [*row, figure])) > WIDTH:
                result.append(table(results, benchmark, setting, row))
                row = []
            row.append(figure)
        result.append(table(results, benchmark, setting, row))
    return [candidate for candidate in result if candidate.rows]


def summaries(results: Results, benchmarks: Iterable[Benchmark]) -> dict[str, Any]:
    """For bench.json: benchmark -> setting -> peer -> figure -> best, median, worst, ratio."""
    whole: dict[str, Any] = {}
    for benchmark in benchmarks:
        for setting in benchmark.settings():
            for peer in benchmark.peers:
                for figure in benchmark.figures:
                    own = results.summary(benchmark, setting, peer.name, figure)
                    if not own:
                        continue
                    rondo = results.summary(benchmark, setting, "rondo", figure)
                    where = whole.setdefault(benchmark.name, {}).setdefault(setting.title, {})
                    where.setdefault(peer.name, {})[figure.key] = {
                        **vars(own),
                        "to_rondo": rondo
                        and how_much_dearer(own.best, rondo.best, figure.more_is_better),
                    }
    return whole


def facts(about: dict[str, Any]) -> list[str]:
    """Where and when it was measured, in a few lines."""
    machine, options = about["machine"], about["options"]
    compiler = about["compilers"].get("cpp", "unknown")
    return [
        f"{about['date']}, commit {about['commit'] or 'unknown'}",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB,"
        f" Linux {machine['kernel']}",
        f"{compiler} ({about['build_type'] or 'unknown build type'}),"
        f" rounds: {options['rounds']}{', the short sizes (--quick)' if options['quick'] else ''}",
        ", ".join(f"{name} {version}" for name, version in about["versions"].items()),
    ]


def picture(name: str, title: str) -> str:
    """Readers with a dark page get the dark one."""
    return (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="{name}-dark.svg">'
        f'<img src="{name}-light.svg" alt="{title}"></picture>'
    )


def markdown(
    results: Results,
    benchmarks: Iterable[Benchmark],
    pictures: dict[str, list[tuple[str, str]]],
    comparison: str,
) -> str:
    """report.md. `pictures` are (name, title) by benchmark."""
    parts = ["# Benchmarks of rondo", "\n".join(f"- {line}" for line in facts(results.about))]
    for heading, lines in (
        ("Failed", results.failures),
        ("To be known", results.notes),
        ("Left out", results.left_out),
    ):
        if lines:
            parts += [f"## {heading}", "\n".join(f"- {line}" for line in lines)]
    if comparison:
        parts += ["## Compared", comparison]
    parts.append(LEGEND)
    for benchmark in benchmarks:
        parts += [f"## {benchmark.name}", benchmark.title]
        parts += [picture(*names) for names in pictures.get(benchmark.name, [])]
        parts += [made.markdown() for made in tables(results, benchmark, with_details=True)]
    return "\n\n".join(parts) + "\n"
