"""Tables: the same one as aligned text for the terminal and as Markdown for report.md."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTH = 110  # columns of the terminal


def number(value: float | None) -> str:
    """A number with three digits that mean something, or more if it is large.

    >>> [number(value) for value in (0, 0.004567, 0.25, 3.14159, 42.42, 314.159, 31415.9, None)]
    ['0', '0.0046', '0.250', '3.14', '42.4', '314', '31,416', '-']
    >>> number(12345678)
    '1.23e+07'
    """
    if value is None:
        return "-"
    if value == 0:
        return "0"
    if abs(value) < 0.01 or abs(value) >= 10_000_000:
        return f"{value:.2g}" if abs(value) < 1 else f"{value:.3g}"
    digits = sum(abs(value) < limit for limit in (1, 10, 100))  # behind the point
    return f"{value:,.{digits}f}"


@dataclass
class Group:
    """Columns below a common heading."""

    heading: str
    columns: tuple[str, ...]


@dataclass
class Table:
    """The first column holds names and is aligned left, all others hold numbers."""

    title: str
    first: str
    groups: list[Group]
    rows: list[list[str]] = field(default_factory=list)

    def widths(self) -> list[int]:
        headings = [self.first, *(name for group in self.groups for name in group.columns)]
        return [max(map(len, column)) for column in zip(headings, *self.rows, strict=True)]

    def text(self) -> str:
        """Aligned, with two lines of headings.

        >>> table = Table("echo", "peer", [Group("CPU", ("best", "median"))])
        >>> table.rows += [["rondo", "3.61", "3.70"], ["asio", "12.4", "13.0"]]
        >>> print(table.text())
        echo
                    CPU
        peer    best  median
        rondo   3.61    3.70
        asio    12.4    13.0
        """
        widths = self.widths()
        above, below = " " * widths[0], self.first.ljust(widths[0])
        bodies = [row[0].ljust(widths[0]) for row in self.rows]
        at = 1
        for group in self.groups:
            own = range(at, at + len(group.columns))
            inner = sum(widths[i] for i in own) + 2 * (len(own) - 1)
            pad = max(0, len(group.heading) - inner)
            above += "   " + group.heading.center(inner + pad)
            below += "   " + " " * pad
            below += "  ".join(name.rjust(widths[i]) for name, i in zip(group.columns, own))
            for line, row in enumerate(self.rows):
                bodies[line] += "   " + " " * pad
                bodies[line] += "  ".join(row[i].rjust(widths[i]) for i in own)
            at += len(own)
        return "\n".join(line.rstrip() for line in (self.title, above, below, *bodies))

    def markdown(self) -> str:
        """With one line of headings: the group's stands in the first of its columns."""
        heads = [self.first]
        for group in self.groups:
            prefix = f"{group.heading}: " if group.heading else ""
            heads += [prefix + group.columns[0], *group.columns[1:]]
        lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *self.rows]
        body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"**{self.title}**\n\n{body}"
