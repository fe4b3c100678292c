"""`holdfast init`: a starter that works once the files it names are there."""

import json
import re
from pathlib import Path

import pytest

from features.errors import ConfigError, UsageError
from pipeline.config.load import load
from pipeline.init import init
from tests.cli import Cli
from tests.functional.company import change

USAGE_ERROR = 2
COMMENTED_SETTING = re.compile(r"^(\s*)#(?=\S)", re.MULTILINE)


@pytest.fixture
def started(tmp_path: Path) -> Path:
    init(tmp_path)
    return tmp_path / "holdfast.yaml"


def write_files(folder: Path) -> None:
    """The three files that the starter names: forty customers, every third of whom stops buying."""
    people = ["id,signup_date,name,email,region"]
    purchases, tickets = ["customer,date,total"], ["customer;ticket;opened;closed;priority"]
    for n in range(40):
        people.append(f"{n:03d},2022-01-{1 + n % 28:02d},N{n},n{n}@example.org,{'north' if n % 2 else 'south'}")
        months = range(12 + n % 6) if n % 3 == 0 else range(30)
        purchases += [f"{n:03d},{1 + n % 28:02d}/{1 + m % 12:02d}/{2022 + m // 12},{10 + n}" for m in months]
        tickets.append(f"{n:03d};T{n};2023-0{1 + n % 9}-11;2023-0{1 + n % 9}-13;{'n/a' if n % 2 else 'high'}")
    data = folder / "data"
    data.mkdir()
    for name, lines in (("customers", people), ("purchases", purchases), ("tickets-2023", tickets)):
        (data / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_starter_passes_the_check_once_its_files_are_there(holdfast: Cli, tmp_path: Path) -> None:
    assert holdfast("init", tmp_path).code == 0
    write_files(tmp_path)
    ran = holdfast("check", tmp_path / "holdfast.yaml")
    assert ran.code == 0, ran.out + ran.err
    assert "No errors. 0 errors" in ran.out


def test_without_its_files_the_starter_says_which_one_is_missing(holdfast: Cli, started: Path) -> None:
    ran = holdfast("check", started)
    assert ran.code == 4
    assert "customers.csv" in ran.out


def test_every_commented_setting_of_the_starter_is_a_valid_one(started: Path) -> None:
    used = COMMENTED_SETTING.sub(r"\1", started.read_text(encoding="utf-8"))
    started.write_text(used, encoding="utf-8")
    config = load(started)
    assert config.plan is not None
    assert config.plan.actions[0].success_mean("service") == pytest.approx(0.3)
    assert config.outcome.gap_days == 14
    assert config.sla["2"].working_time
    assert config.money.replacement_cost.value == 120
    assert config.tables["defections"].sql is not None


def test_the_starter_invents_no_money(started: Path) -> None:
    """A figure nobody gave must not look as if somebody had."""
    assert load(started).money.margin_share.status == "not given"


def test_a_misspelt_key_is_refused_with_the_nearest_one(started: Path) -> None:
    change(started, "margin_share:", "margin_sare:")
    with pytest.raises(ConfigError, match=r"money\.margin_sare: unknown key.*Did you mean margin_share\?"):
        load(started)


def test_the_schema_lies_beside_the_starter_that_names_it(started: Path) -> None:
    first_line = started.read_text(encoding="utf-8").splitlines()[0]
    named = first_line.partition("$schema=")[2]
    assert json.loads((started.parent / named).read_text(encoding="utf-8"))["title"] == "holdfast config"


@pytest.mark.parametrize("there", ["holdfast.yaml", "holdfast.schema.json"])
def test_nothing_is_overwritten(holdfast: Cli, tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    ran = holdfast("init", tmp_path)
    assert ran.code == USAGE_ERROR
    assert there in ran.err
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text(encoding="utf-8") == "mine"


def test_a_folder_that_does_not_exist_is_made(tmp_path: Path) -> None:
    assert "holdfast check" in init(tmp_path / "new" / "company")
    assert (tmp_path / "new" / "company" / "holdfast.yaml").is_file()


def test_the_second_call_is_refused(started: Path) -> None:
    with pytest.raises(UsageError, match="there already"):
        init(started.parent)
