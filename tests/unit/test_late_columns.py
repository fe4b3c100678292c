"""Columns that the user declares late, and the times that say when they became known."""

from pathlib import Path

from pipeline.config.load import load
from pipeline.prepare import prepared
from pipeline.screens import times_ahead
from tests.functional.company import change, write


def with_triage(folder: Path) -> Path:
    """The tiny company, whose complaints get a priority some days after they were opened."""
    config = write(folder)
    cases = folder / "cases.csv"
    head, *rows = cases.read_text(encoding="utf-8").splitlines()
    lines = [f"{head},priority,triaged"] + [
        f"{row},{'high' if n % 2 else 'low'},28/11/2024" for n, row in enumerate(rows)
    ]
    cases.write_text("\n".join(lines) + "\n", encoding="utf-8")
    change(config, "    source: cases\n", "    source: cases\n    late: {priority: triaged}\n")
    return config


def test_the_time_that_says_when_a_value_was_known_is_late_itself(tmp_path: Path) -> None:
    with prepared(load(with_triage(tmp_path))) as data, data.connect() as con:
        late = data.shapes["complaints"].late
        found = times_ahead(con, data.shapes)
    assert (late["priority"], late["triaged"]) == ("triaged", "triaged")
    assert found == []


def test_a_column_known_from_the_rows_own_time_does_not_make_that_time_late(tmp_path: Path) -> None:
    config = with_triage(tmp_path)
    change(config, "late: {priority: triaged}", "late: {priority: opened_at, triaged: triaged}")
    with prepared(load(config)) as data:
        late = data.shapes["complaints"].late
    assert late["priority"] == "opened_at"
    assert "opened_at" not in late
