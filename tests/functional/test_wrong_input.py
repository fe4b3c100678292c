"""Every command with wrong input: an error of one's own with its exit code, and nothing written or changed."""

import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli import Cli
from tests.functional.company import change, write

pytestmark = pytest.mark.slow
USAGE, CONFIG, DATA, REFUSED, MISMATCH = 2, 3, 4, 5, 6
MORE = """
model: {risk: {max_trees: 20, bags: 1, folds: 2}, loss: {max_trees: 20, objectives: [squared]}}
validation: {protected: [region]}
plan:
  plan_id: p1
  currency: EUR
  budget: 500
  period_days: 28
  cool_down_days: 0
  holdout_share: 0.3
  week: {weekdays: [mon, tue, wed, thu, fri], opens: "09:00", closes: "17:00"}
  channels: {phone: {capacity_per_day: 20}}
  agents: [{name: Ann, channels: [phone], hours_per_day: 4}]
  actions:
    - {name: call, channel: phone, cost: 0.1, minutes: 10, success: {any: {a: 5, b: 5, source: invented, status: assumption}}}
"""  # noqa: E501
Break = Callable[[Path], object]
WORDS: Mapping[str, Sequence[str]] = {
    "train": (),
    "evaluate": (),
    "promote": ("--model", "1"),
    "score": ("--out", "{}/new.csv"),
    "plan": ("--scores", "{}/scores.csv", "--out", "{}/new"),
    "learn": ("--plan", "{}/plan", "--contacts", "{}/contacts.csv", "--out", "{}/new"),
}


def put(name: str, content: str) -> Break:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8")


def swap(old: str, new: str, name: str = "tiny.yaml") -> Break:
    return lambda folder: change(folder / name, old, new)


def nothing(_: Path) -> None:
    """The input is right; the call is not."""


# What breaks it, the exit code, what the error says; for the commands that read it.
ANY: Mapping[str, tuple[Break, int, str]] = {
    "no config": (lambda folder: (folder / "tiny.yaml").unlink(), CONFIG, "file not found"),
    "bad YAML": (swap("name: tiny", "name: [tiny"), CONFIG, "is not valid YAML"),
    "unknown keys": (
        lambda folder: (swap("horizon_days", "horizn_days")(folder), swap("budget", "budgets")(folder)),
        CONFIG,
        "Did you mean horizon_days? Also to mend in this file:",
    ),
    "no work folder": (swap("name: tiny", "name: tiny\nworkdir: people.csv"), CONFIG, "workdir: cannot write there"),
}
TABLES: Mapping[str, tuple[Break, int, str]] = {
    "missing source": (lambda folder: (folder / "orders.csv").unlink(), DATA, "sources.orders: file not found"),
    "empty source": (put("orders.csv", ""), DATA, "sources.orders: the file is empty"),
    "wrong column": (swap("amount: total", "amount: totl"), DATA, "'totl'. Did you mean total?"),
    "wrong type": (swap("10.5", "ten", "orders.csv"), DATA, "transactions.amount, row 1: 1 value is not a number"),
}
STORE: Mapping[str, tuple[Break, int, str]] = {
    "unknown store": (swap("name: tiny", "name: tiny\ntracking: {uri: 'nope://x'}"), CONFIG, "tracking.uri: unknown"),
    "broken store": (
        lambda folder: (put("no.db", "no database" * 999)(folder), swap("name: tiny", "name: tiny\ntracking: {uri: 'sqlite:///no.db'}")(folder)),
        DATA,
        "the tracking store cannot be used",
    ),
}  # fmt: skip
OWN: Mapping[str, Mapping[str, tuple[Sequence[str], Break, int, str]]] = {
    "train": {
        "report below a file": (("--report", "{}/people.csv/x.html"), nothing, USAGE, "--report: cannot write there"),
        "report is a folder": (("--report", "{}"), nothing, USAGE, "--report: is a folder"),
        "no budget": (("--tune", "0m"), nothing, USAGE, "--tune: is not a time"),
        "unknown group": ((), swap("[region]", "[regoin]"), DATA, "'regoin'. Did you mean region?"),
        "snapshots before the records": (
            (),
            lambda folder: (swap("first: 2024-05", "first: 2019-05")(folder), swap("last: 2024", "last: 2019")(folder)),
            DATA,
            "nobody was at risk at the training snapshots: '2019-05-01 to",
        ),
        "snapshots after the records": ((), swap("last: 2024", "last: 2026"), DATA, "the data end at"),
        "nothing left to train on": ((), swap("test_snapshots: 2", "test_snapshots: 40"), CONFIG, "no training snapsh"),
    },
    "evaluate": {
        "unknown version": (("--model", "99"), nothing, DATA, "There are challenger, champion, numbers up to 1."),
        "nothing later": ((), nothing, DATA, "no labelled snapshot is later than the training"),
        "another outcome": ((), swap("active_days: 60", "active_days: 50"), MISMATCH, "trained with 60, now 50"),
        "report below a file": (("--report", "{}/people.csv/x.html"), nothing, USAGE, "--report: cannot write there"),
        "no truth": (("--truth", "{}/none"), nothing, DATA, "is not a truth folder"),
    },
    "promote": {
        "unknown version": (("--model", "best"), nothing, DATA, "There are challenger, champion, numbers up to 1."),
        "not good enough": (("--model", "1"), nothing, REFUSED, "it does not beat the baseline"),
    },
    "score": {
        "no file": (("--out", "{}"), nothing, USAGE, "--out: is there already and not empty"),
        "unknown kind": (("--out", "{}/new.xlsx"), nothing, USAGE, "unknown kind of file"),
        "a folder": (("--out", "{}/folder.csv"), lambda f: (f / "folder.csv").mkdir(), USAGE, "--out: is a folder"),
        "no list": (("--out", "{}/new.csv", "--customers", "{}/none.csv"), nothing, DATA, "--customers: file not f"),
        "empty list": (
            ("--out", "{}/new.csv", "--customers", "{}/list.csv"), put("list.csv", ""), DATA, "the file is empty",
        ),
        "list of another kind": (
            ("--out", "{}/new.csv", "--customers", "{}/list.xlsx"), put("list.xlsx", "PK"), DATA, "neither CSV nor",
        ),
        "no day": (("--out", "{}/new.csv", "--as-of", "soon"), nothing, USAGE, "--as-of: is not an ISO date: 'soon'"),
        "reasons for many": (("--out", "{}/new.csv", "--reasons", "many"), nothing, USAGE, "not a number of custo"),
    },
    "plan": {
        "no scores": (("--scores", "{}/none.csv", "--out", "{}/new"), nothing, DATA, "--scores: file not found"),
        "scores without risk": ((), swap("risk,", "rsk,", "scores.csv"), DATA, "column not found: 'risk'"),
        "scores of a text": ((), swap("at_risk,0.", "at_risk,x0.", "scores.csv"), DATA, "1 value is not a number"),
        "another folder": (("--scores", "{}/scores.csv", "--out", "{}"), nothing, DATA, "holds something else"),
        "below a file": (("--scores", "{}/scores.csv", "--out", "{}/people.csv/x"), nothing, USAGE, "cannot write"),
    },
    "learn": {
        "no plan": (("--plan", "{}/no", "--contacts", "{}/contacts.csv"), nothing, DATA, "--plan: file not found"),
        "broken plan": ((), put("plan/plan.parquet", "x"), DATA, "--plan: cannot be read"),
        "broken summary": ((), put("plan/summary.json", "{"), DATA, "is not a plan's summary"),
        "empty contacts": ((), put("contacts.csv", ""), DATA, "--contacts: the file is empty"),
        "contacts without a day": ((), swap("2024-10-03", "soon", "contacts.csv"), DATA, "first: 'soon'"),
        "too early": ((), swap("name: tiny", "name: tiny\ndata_until: 2024-10-10"), DATA, "Learn again when the recor"),
    },
}  # fmt: skip
CASES = [
    *((command, name, (WORDS[command], *case)) for command in WORDS for name, case in ANY.items()),
    *((command, name, (WORDS[command], *case)) for command in WORDS if command != "promote"
      for name, case in TABLES.items()),
    *((command, name, (WORDS[command], *case)) for command in ("train", "evaluate", "promote", "score")
      for name, case in STORE.items()),
    *((command, name, (words or WORDS[command], *case)) for command, own in OWN.items()
      for name, (words, *case) in own.items()),
]  # fmt: skip


@pytest.fixture(name="sound", scope="module")
def _sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a champion by force, scores, a plan, and what was done of it."""
    from pipeline.contact_plan import contact_plan
    from pipeline.leakcheck import leakcheck
    from pipeline.promote import promote
    from pipeline.score import score
    from pipeline.train import train

    folder = tmp_path_factory.mktemp("sound")
    config = write(folder, customers=90)
    config.write_text(config.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    train(config)
    leakcheck(config)
    promote(config, force=True)
    score(config, folder / "scores.csv", as_of="2024-10-01")
    contact_plan(config, folder / "scores.csv", folder / "plan")
    (folder / "contacts.csv").write_text("customer_id,occurred_at,action\n001,2024-10-03,call\n", encoding="utf-8")
    return folder


@pytest.fixture(name="company")
def _company(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "company"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but those of the work folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".holdfast" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def registered(folder: Path) -> int:
    """How many versions of models and runs there are."""
    with closing(sqlite3.connect(folder / ".holdfast" / "mlflow.db")) as store:
        (found,) = store.execute(
            "SELECT (SELECT count(*) FROM model_versions) + (SELECT count(*) FROM runs)"
        ).fetchone()
    return int(found)


@pytest.mark.parametrize(("command", "name", "case"), CASES, ids=[f"{c}: {n}" for c, n, _ in CASES])
def test_wrong_input_is_said_and_nothing_is_written(
    holdfast: Cli, company: Path, command: str, name: str, case: tuple[Sequence[str], Break, int, str]
) -> None:
    words, spoil, code, said = case
    spoil(company)
    before, versions = contents(company), registered(company)
    ran = holdfast(command, company / "tiny.yaml", *(word.format(company) for word in words))
    shown = " ".join(ran.err.split())
    assert ran.code == code, shown
    assert said in shown, shown
    assert "Traceback" not in shown
    assert contents(company) == before
    assert registered(company) == versions
    assert not list((company / ".holdfast").glob("prepared-*"))


def test_a_moment_with_a_zone_is_turned_into_the_zone_of_the_config(holdfast: Cli, company: Path) -> None:
    change(company / "tiny.yaml", "name: tiny", "name: tiny\ntimezone: Europe/Brussels")
    out = company / "new.csv"
    ran = holdfast("score", company / "tiny.yaml", "--out", out, "--as-of", "2024-10-01T22:30:00+00:00", "--json")
    assert ran.code == 0, ran.err
    assert '"as_of": "2024-10-02T00:30:00"' in ran.out


def test_training_goes_on_where_the_files_of_the_champion_are_gone(company: Path, sound: Path) -> None:
    """It says so; nothing can be compared then."""
    from pipeline.train import train

    kept = sound / ".holdfast" / "artifacts"
    shutil.move(kept, company / "aside")
    try:
        found = train(company / "tiny.yaml").evaluation
    finally:
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(company / "aside", kept)
    assert found.champion == "tiny/1"
    assert "paired.champion.rows" not in found.metrics
