"""Times with a zone become the config's wall clock, times without are taken as it, whatever the machine's zone is."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from features.errors import DataError, WrongTypeError
from pipeline.diagnose import diagnose
from pipeline.feature_matrix import matrix
from pipeline.frames import query
from pipeline.learning.contacts_file import read_contacts
from tests.functional import company
from tests.functional.company import change

SHANGHAI = "Asia/Shanghai"
MIDNIGHT = datetime(2024, 3, 1, 0, 30)  # in Shanghai: in February still in UTC


def visits(folder: Path, times: list[str], source: str = "csv: visits.csv") -> Path:
    """The tiny company in Shanghai with a table of visits at some times as they are written in the file."""
    config = company.write(folder, customers=5, days=330)
    rows = [f"{n:03d},{time}" for n, time in enumerate(times)]
    (folder / "visits.csv").write_text("\n".join(["customer_id,occurred_at", *rows]) + "\n", encoding="utf-8")
    change(config, "name: tiny", f"name: tiny\ntimezone: {SHANGHAI}")
    change(config, "sources:", f"sources:\n  visits: {{{source}}}")
    change(config, "tables:", "tables:\n  visits: {source: visits}")
    return config


def read(config: Path, column: str = "occurred_at") -> list[datetime]:
    """The times of the visits, by customer."""
    return query(config, f"SELECT {column} FROM visits ORDER BY customer_id")[column].dt.to_pydatetime().tolist()


MIXED = ["2024-03-01 00:30:00", "2024-03-01 00:30:00+08:00", "2024-02-29 16:30:00Z", "2024-02-29T11:30:00-05:00"]


def test_a_column_of_times_with_and_without_zone_is_read_by_the_configs_zone(tmp_path: Path) -> None:
    assert read(visits(tmp_path, MIXED)) == [MIDNIGHT] * 4


@pytest.mark.parametrize("machine", ["UTC", "America/New_York"])
def test_the_machines_zone_plays_no_part(tmp_path: Path, machine: str) -> None:
    config = visits(tmp_path, MIXED)
    code = (
        "import sys; from pathlib import Path; from tests.functional.test_time_zones import read; "
        "print(*read(Path(sys.argv[1])), sep='|')"
    )
    root = Path(__file__).parents[2]
    words = [sys.executable, "-c", code, str(config)]
    env = {"TZ": machine, "PYTHONPATH": str(root)}
    ran = subprocess.run(words, check=False, env=env, capture_output=True, text=True, cwd=root)
    assert ran.stdout.strip().split("|") == [str(MIDNIGHT)] * 4, ran.stderr


def test_texts_that_name_their_zone_are_converted_value_by_value(tmp_path: Path) -> None:
    times = [*MIXED[:2], "2024-02-29 16:30:00 +0000", "2024-02-29 16:30:00 UTC", "2024-02-29 11:30:00 America/New_York"]
    assert read(visits(tmp_path, times, "csv: visits.csv, text: [occurred_at]")) == [MIDNIGHT] * 5


FORMATS = {
    "%Y-%m-%d %H:%M:%S%z": ["2024-03-01 00:30:00+0800", "2024-02-29 16:30:00+0000"],
    "%Y-%d-%m %H:%M%z": ["2024-01-03 00:30+08", "2024-29-02 16:30-0000"],
    "%d.%m.%Y %H:%M %Z": ["01.03.2024 00:30 Asia/Shanghai", "29.02.2024 16:30 UTC"],
}


@pytest.mark.parametrize("known", FORMATS)
def test_a_date_format_may_say_the_zone(tmp_path: Path, known: str) -> None:
    source = f'csv: visits.csv, date_format: "{known}"'
    assert read(visits(tmp_path, FORMATS[known], source)) == [MIDNIGHT] * 2


def test_an_attribute_in_a_format_with_a_zone_is_a_time_too(tmp_path: Path) -> None:
    known = "%d.%m.%Y %H:%M%z"
    times = [f"{one},{one}" for one in ("01.03.2024 00:30+0800", "29.02.2024 16:30+0000")]
    config = visits(tmp_path, times, f'csv: visits.csv, date_format: "{known}"')
    change(tmp_path / "visits.csv", "occurred_at", "occurred_at,seen")
    assert read(config, "seen") == [MIDNIGHT] * 2


def test_a_value_without_the_zone_that_its_format_asks_for_is_named(tmp_path: Path) -> None:
    times = ["01.03.2024 00:30+0800", "01.03.2024 00:30"]
    config = visits(tmp_path, times, 'csv: visits.csv, date_format: "%d.%m.%Y %H:%M%z"')
    with pytest.raises(WrongTypeError, match=r"visits.occurred_at, row 2: .*'01.03.2024 00:30'.*%H:%M%z"):
        read(config)


def test_the_users_sql_takes_days_in_the_configs_zone(tmp_path: Path) -> None:
    config = visits(tmp_path, ["2024-02-29 16:30:00Z"])
    day = "date_trunc('day', occurred_at) AS occurred_at"
    change(config, "{source: visits}", f'{{sql: "SELECT customer_id, {day} FROM visits"}}')
    assert read(config) == [datetime(2024, 3, 1)]


def test_a_snapshot_with_a_zone_is_the_same_moment(tmp_path: Path) -> None:
    config = visits(tmp_path, MIXED)
    assert matrix(config, "2024-02-29T16:00:00+00:00")["as_of"].unique().tolist() == [datetime(2024, 3, 1)]
    assert matrix(config, "2024-03-01")["as_of"].unique().tolist() == [datetime(2024, 3, 1)]
    assert diagnose(config, "2024-10-31T16:00:00Z").as_of == datetime(2024, 11, 1)


def contacts(folder: Path, *rows: str) -> Path:
    """A contacts file with these rows."""
    file = folder / "contacts.csv"
    file.write_text("\n".join(["customer_id,occurred_at,cost,outcome_at", *rows]) + "\n", encoding="utf-8")
    return file


def test_contacts_with_a_zone_are_converted_and_others_are_taken_in_the_configs(tmp_path: Path) -> None:
    file = contacts(tmp_path, *(f"{n},{time},,{time}" for n, time in enumerate(MIXED)))
    found = read_contacts(file, SHANGHAI)
    assert found["occurred_at"].tolist() == found["outcome_at"].tolist() == [MIDNIGHT] * 4
    stored = tmp_path / "contacts.parquet"
    found.assign(occurred_at=found["occurred_at"].dt.tz_localize(SHANGHAI).dt.tz_convert("UTC")).to_parquet(stored)
    assert read_contacts(stored, SHANGHAI)["occurred_at"].tolist() == [MIDNIGHT] * 4


def test_a_contact_that_does_not_parse_is_named_with_its_row(tmp_path: Path) -> None:
    file = contacts(tmp_path, "a,2024-03-01,,", "b,01.03.2024,,")
    with pytest.raises(WrongTypeError, match=r"--contacts .*contacts.csv: occurred_at, row 2: .*'01.03.2024'"):
        read_contacts(file, SHANGHAI)


def test_an_endless_cost_is_no_cost(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"contacts.csv: cost, row 2: is not an amount of money: inf"):
        read_contacts(contacts(tmp_path, "a,2024-03-01,1.5,", "b,2024-03-01,inf,"), SHANGHAI)
