"""Plain tables for the terminal: columns aligned, figures to the right, nothing cut off."""

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]], *, right: bool = True) -> list[str]:
    """Lines of a table whose first row is the heading.

    >>> table([["name", "n"], ["a", "12"]])
    ['name   n', 'a     12']
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(_cells(row, widths, right)).rstrip() for row in rows]


def _cells(row: Sequence[str], widths: Sequence[int], right: bool) -> list[str]:
    """The first column, and all where `right` is false, stand to the left."""
    pairs = zip(row, widths, strict=True)
    return [cell.rjust(width) if right and i else cell.ljust(width) for i, (cell, width) in enumerate(pairs)]
