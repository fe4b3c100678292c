"""CSV files as text: what DuckDB's reader would guess in silence, or refuses without naming the line."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TextIO

from features.errors import DataError

SHOWN = 60  # characters of a line in a message


def open_text(file: Path, codec: str, *, errors: str = "strict") -> TextIO:
    """A file's text, plain or gzip, with its line ends as they are."""
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding=codec, errors=errors, newline="")
    return file.open(encoding=codec, errors=errors, newline="")


def empty_lines(files: Sequence[str], codec: str, where: str) -> int:
    """How many empty lines stand above the first line with something in it, as many in each file. Raises DataError."""
    counts = [_empty_lines(Path(file), codec) for file in files]
    for file, count in zip(files, counts, strict=True):
        if count != counts[0]:
            raise DataError(
                f"{count} empty lines above the first, in {Path(files[0]).name} {counts[0]}",
                where=place(where, file),
                fix="Remove the empty lines.",
            )
    return counts[0]


def _empty_lines(file: Path, codec: str) -> int:
    try:
        with open_text(file, codec, errors="replace") as text:
            return sum(1 for _ in takewhile(lambda line: not line.strip("\r\n"), text))
    except (OSError, EOFError):
        return 0  # a damaged archive: DuckDB says so


def refuse_uneven_lines(files: Sequence[str], codec: str, delimiter: str, where: str) -> None:
    """Raises DataError with file, line and fix for the first line that has not as many fields as most of its file."""
    for file in files:
        widths = Counter(len(row) for _, row in _rows(Path(file), codec, delimiter))
        usual = widths.most_common(1)[0][0] if widths else 0
        for line, row in _rows(Path(file), codec, delimiter):
            if len(row) != usual:
                raise DataError(
                    f"line {line} has {len(row)} field{'s' * (len(row) > 1)}, the others {usual}",
                    where=place(where, file),
                    value=delimiter.join(row)[:SHOWN],
                    fix=f"Mend the line, remove it if it is no row, or quote fields that hold {delimiter!r}.",
                )


def _rows(file: Path, codec: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and fields of the lines that hold something, as far as the file can be read."""
    try:
        with open_text(file, codec, errors="replace") as text:
            reader = csv.reader(text, delimiter=delimiter)
            yield from ((reader.line_num, row) for row in reader if row)
    except (OSError, EOFError, csv.Error):
        return


def place(where: str, file: str) -> str:
    """Where in the config, and in which file."""
    return f"{where}: {Path(file).name}"
