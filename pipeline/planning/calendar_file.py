"""Calendar files: every appointment that takes an agent's time (RFC 5545, times local to the reader).

plan.ics holds them all; the folder `calendars` holds one file an agent, to be imported or sent to them.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import count

import pandas as pd

FOLD_AT = 73  # octets: a line may have 75, and a continuation begins with a space


def calendar_text(rows: pd.DataFrame, plan_id: str, as_of: datetime) -> str:
    """The rows of a plan (columns as in plan.csv) that have a slot with a beginning and an end, as a calendar."""
    appointments = rows[_timed(rows)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//holdfast//contact plan//EN"]
    for row in appointments.to_dict("records"):
        lines += _event({str(name): value for name, value in row.items()}, plan_id, as_of)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def calendars(rows: pd.DataFrame, plan_id: str, as_of: datetime) -> dict[str, str]:
    """One calendar an agent by file name; two names that would be the same file get a number."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for agent, own in rows[_timed(rows)].groupby("agent", sort=True):
        stem = re.sub(r"[^\w -]", "_", str(agent)).strip() or "agent"
        names = (stem if n == 1 else f"{stem} {n}" for n in count(1))
        name = next(one for one in names if one.casefold() not in taken)
        taken.add(name.casefold())
        found[f"calendars/{name}.ics"] = calendar_text(own, plan_id, as_of)
    return found


def _timed(rows: pd.DataFrame) -> "pd.Series[bool]":
    return (rows["arm"] == "treat") & rows["slot"].str.contains("-")


def _event(row: dict[str, object], plan_id: str, as_of: datetime) -> list[str]:
    begins, ends = str(row["slot"]).split("-")
    day = f"{row['date']:%Y%m%d}"
    title = f"{row['agent']}: {row['action']} {row['customer_id']}"
    return [
        "BEGIN:VEVENT",
        f"UID:{_escaped(plan_id)}-{row['rank']}@holdfast",
        f"DTSTAMP:{as_of:%Y%m%dT%H%M%S}Z",
        f"DTSTART:{day}T{begins.replace(':', '')}00",
        f"DTEND:{day}T{ends.replace(':', '')}00",
        f"SUMMARY:{_escaped(title)}",
        f"LOCATION:{_escaped(str(row['channel']))}",
        f"DESCRIPTION:{_escaped(_description(row))}",
        "END:VEVENT",
    ]


def _description(row: dict[str, object]) -> str:
    return "\n".join(str(row[name]) for name in ("reasons", "talking_points", "rules") if row[name])


def _escaped(text: str) -> str:
    r"""Text with the characters masked that mean something in a calendar file.

    >>> print(_escaped("a;b,c\\d"))
    a\;b\,c\\d
    """
    masked = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return masked.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, never cut within a character."""
    part, size, lead = "", 0, ""
    for character in line:
        octets = len(character.encode("utf-8"))
        if size + octets > FOLD_AT:
            yield lead + part
            part, size, lead = "", 0, " "
        part, size = part + character, size + octets
    yield lead + part
