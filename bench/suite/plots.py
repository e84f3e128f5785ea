"""Draws charts with gnuplot: each once for light pages and once for dark ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from .charts import DARK, LIGHT, LIMITS, BarChart, Chart, LineChart, Theme
from .measure import output_of
from .table import number

SECONDS = 60  # are more than a picture ever takes
FONT = "sans-serif"
# Squares, triangles and so on, full and empty, by their numbers in gnuplot; 6 is a circle.
POINTS = {"rondo": 7, "asio": 5, "libuv": 4, "threads": 9, "go": 13, "asyncio": 11, "uvloop": 10}
OTHER_POINT = 6


def quoted(text: str) -> str:
    """A string of gnuplot's.

    >>> print(quoted("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"


def ink(theme: Theme) -> str:
    return f"textcolor rgb {quoted(theme.ink)}"


def block(name: str, rows: Iterable[Iterable[object]]) -> str:
    """Data that stand in the script itself."""
    lines = "\n".join(" ".join(map(str, row)) for row in rows)
    return f"${name} << EOD\n{lines}\nEOD"


def ticks(low: float, high: float, most: int) -> list[float]:
    """Where a logarithmic axis has numbers: at 1, 2 and 5 of each decade if that is not too much.

    >>> ticks(3, 120, 6)
    [5.0, 10.0, 20.0, 50.0, 100.0]
    >>> ticks(3, 120, 4)
    [10.0, 100.0]
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        every = (float(f"{step}e{decade}") for decade in decades for step in steps)
        chosen = [value for value in every if low <= value <= high]
        if len(chosen) <= most:
            break
    return chosen


def tick_list(values: Iterable[float]) -> str:
    """
    >>> print(tick_list([0.05, 2.0, 10000.0]))
    ('0.05' 0.05, '2' 2.0, '10,000' 10000.0)
    """
    names = ((f"{value:,.0f}" if value >= 1 else f"{value:g}", value) for value in values)
    return "(" + ", ".join(f"{quoted(name)} {value!r}" for name, value in names) + ")"


def beginning(path: Path, theme: Theme, width: int, height: int) -> list[str]:
    return [
        "set encoding utf8",
        f"set terminal svg noenhanced size {width},{height} font {quoted(FONT + ',13')}"
        f" background {quoted(theme.paper)}",
        f"set output {quoted(str(path))}",
        f"set border 3 linecolor rgb {quoted(theme.ink)}",
        f"set xtics nomirror {ink(theme)}",
        f"set ytics nomirror {ink(theme)}",
        f"set key {ink(theme)}",
        f"set grid linetype 1 linecolor rgb {quoted(theme.grid)} linewidth 1",
    ]


def line_script(chart: LineChart, path: Path, theme: Theme) -> list[str]:
    """The legend stands beside the plot, so that it covers nothing."""
    xs = sorted({x for points in chart.lines.values() for x, _ in points})
    ys = [y for points in chart.lines.values() for _, y in points]
    low, high = min(ys) / 1.3, max(ys) * 1.3
    curves = []
    for index, peer in enumerate(chart.lines):
        dashes = "dashtype 2" if peer in LIMITS else ""
        curves.append(
            f"$line{index} using 1:2 with linespoints title {quoted(peer)}"
            f" linecolor rgb {quoted(theme.colour(peer))} linewidth {4 if peer == 'rondo' else 2}"
            f" pointtype {POINTS.get(peer, OTHER_POINT)} pointsize 0.7 {dashes}"
        )
    return [
        *beginning(path, theme, 760, 440),
        *(block(f"line{index}", points) for index, points in enumerate(chart.lines.values())),
        f"set title {quoted(chart.title)} {ink(theme)} font {quoted(FONT + ',16')}",
        f"set xlabel {quoted(chart.x_title)} {ink(theme)}",
        f"set ylabel {quoted(chart.y_title)} {ink(theme)}",
        "set logscale xy",
        f"set xrange [{xs[0] / 1.4}:{xs[-1] * 1.4}]",
        f"set yrange [{low}:{high}]",
        f"set xtics {tick_list(xs)}",
        f"set ytics {tick_list(ticks(low, high, 10))}",
        "set key outside right center vertical Left reverse samplen 2 spacing 1.4",
        "plot " + ", ".join(curves),
    ]


def panel(name: str, bars: list[tuple[str, float]], low: float, theme: Theme) -> list[str]:
    """The bars of one panel, whose data get this name; the first bar stands at the top."""
    tones = (int(theme.colour(peer)[1:], 16) for peer, _ in bars)
    rows = (
        (place, value, tone, f'"{number(value)}"')
        for place, ((_, value), tone) in enumerate(zip(bars, tones, strict=True))
    )
    names = ", ".join(f"{quoted(peer)} {place}" for place, (peer, _) in enumerate(bars))
    return [
        block(name, rows),
        f"set ytics ({names})",
        f"plot ${name} using ({low}):1:({low}):2:($1-0.36):($1+0.36):3"
        " with boxxyerror linecolor rgb variable,"
        f" ${name} using 2:1:4 with labels left offset 0.5,0 {ink(theme)}",
    ]


def bar_script(chart: BarChart, path: Path, theme: Theme) -> list[str]:
    """Bars lie, so that the peers' names stand beside them; each ends in its value."""
    bars = [bar for panel_bars in chart.panels.values() for bar in panel_bars]
    low = min(value for _, value in bars) / 2
    widest = max(value for _, value in bars)
    high = widest * (widest / low) ** 0.25  # room for the numbers
    rows = math.ceil(len(chart.panels) / 2)
    most = max(map(len, chart.panels.values()))
    height = 50 + rows * (86 + 21 * most)
    title = f"{chart.title} ({chart.x_title})"
    script = [
        *beginning(path, theme, 960, height),
        f"set multiplot layout {rows},2 title {quoted(title)} font {quoted(FONT + ',16')}"
        f" {ink(theme)}",
        "unset key",
        "set border 2",
        "set grid noytics",
        f"set lmargin {max(len(peer) for peer, _ in bars) + 2}",
        "set logscale x",
        f"set xrange [{low}:{high}]",
        f"set yrange [{most - 0.4}:-0.6]",
        f"set xtics scale 0 {tick_list(ticks(low, high, 6))}",
        "set ytics scale 0",
        "set style fill solid 1 noborder",
    ]
    for index, (panel_title, panel_bars) in enumerate(chart.panels.items()):
        script.append(f"set title {quoted(panel_title)} {ink(theme)}")
        script += panel(f"bars{index}", panel_bars, low, theme)
    return [*script, "unset multiplot"]


def draw(chart: Chart, folder: Path, cores: frozenset[int]) -> bool:
    """Draws the chart into NAME-light.svg and NAME-dark.svg; whether there was anything to draw.

    Raises `RunFailed` if gnuplot fails.
    """
    chart = chart.drawable()
    if not chart:
        return False
    script = folder / f"{chart.name}.gnuplot"
    try:
        for theme in (LIGHT, DARK):
            path = folder / f"{chart.name}-{theme.name}.svg"
            if isinstance(chart, BarChart):
                lines = bar_script(chart, path, theme)
            else:
                lines = line_script(chart, path, theme)
            script.write_text("\n".join(lines) + "\n")
            output_of(["gnuplot", str(script)], cores, SECONDS)
    finally:
        script.unlink(missing_ok=True)
    return True
