"""What a picture shows, and its colours. `plots.py` draws it.

The colours are those of Okabe and Ito, which people with any kind of colour vision tell apart;
lines differ in the shape of their points as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Point = tuple[float, float]


@dataclass(frozen=True)
class LineChart:
    """A value over a size, both logarithmic; a line for each peer."""

    name: str  # of the files
    title: str
    x_title: str
    y_title: str
    lines: dict[str, list[Point]] = field(hash=False)

    def drawable(self) -> LineChart:
        """Without what has no place on a logarithmic axis.

        >>> LineChart("", "", "", "", {"go": [(1, 2), (10, 0)], "asio": [(1, 0)]}).drawable().lines
        {'go': [(1, 2)]}
        """
        kept = {
            peer: points
            for peer, all_points in self.lines.items()
            if (points := [(x, y) for x, y in all_points if x > 0 and y > 0])
        }
        return replace(self, lines=kept)

    def __bool__(self) -> bool:
        return bool(self.lines)


@dataclass(frozen=True)
class BarChart:
    """Panels of bars, logarithmic and with a common axis; a bar for each peer."""

    name: str
    title: str
    x_title: str
    panels: dict[str, list[tuple[str, float]]] = field(hash=False)

    def drawable(self) -> BarChart:
        kept = {
            title: bars
            for title, all_bars in self.panels.items()
            if (bars := [(peer, value) for peer, value in all_bars if value > 0])
        }
        return replace(self, panels=kept)

    def __bool__(self) -> bool:
        return bool(self.panels)


Chart = LineChart | BarChart


@dataclass(frozen=True)
class Theme:
    """The colours of one kind of page, as gnuplot and SVG write them."""

    name: str
    paper: str
    ink: str
    grid: str
    limit: str  # of the programs that nobody can beat
    rest: str  # of a peer without a colour of its own
    peers: dict[str, str] = field(hash=False)

    def colour(self, peer: str) -> str:
        return self.limit if peer in LIMITS else self.peers.get(peer, self.rest)


LIMITS = ("raw", "raw+fixed", "bare", "bare+pool")
LIGHT = Theme(
    "light",
    paper="#ffffff",
    ink="#333333",
    grid="#dddddd",
    limit="#8c8c8c",
    rest="#b9a8d6",
    peers={
        "rondo": "#d55e00",
        "rondo epoll": "#8a3d00",
        "asio": "#0072b2",
        "libuv": "#56b4e9",
        "threads": "#111111",
        "go": "#009e73",
        "asyncio": "#e69f00",
        "uvloop": "#cc79a7",
    },
)
DARK = Theme(
    "dark",
    paper="#131416",
    ink="#d6d6d6",
    grid="#3a3c40",
    limit="#8c8c8c",
    rest="#8f7fb0",
    peers={
        "rondo": "#f0701a",
        "rondo epoll": "#ffb27a",
        "asio": "#3f8fd2",
        "libuv": "#9bd4f7",
        "threads": "#f5f5f5",
        "go": "#1fc79a",
        "asyncio": "#f0c33c",
        "uvloop": "#dd8fba",
    },
)
