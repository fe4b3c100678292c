"""Whole simulated folders: the same bytes, whole or not at all, defects counted, truth beside the records."""

import hashlib
import json
from pathlib import Path

import pytest

from features.errors import UsageError
from pipeline.simulator import SCENARIOS, audit, simulate

TABLES = {
    "customers",
    "transactions",
    "contracts",
    "complaints",
    "contacts",
    "surveys",
    "defections",
    "usage",
    "price_notices",
}


def _bytes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_the_same_seed_gives_the_same_bytes_whatever_the_workers(tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        simulate(60, 6, 5, tmp_path / name, workers=workers, partition_customers=30)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(40, 4, seed, tmp_path / str(seed))
    one, two = _bytes(tmp_path / "1"), _bytes(tmp_path / "2")
    assert one["customers/part-000.parquet"] != two["customers/part-000.parquet"]


def test_the_records_of_a_customer_do_not_depend_on_how_many_come_after(tmp_path: Path) -> None:
    for customers in (50, 100):
        simulate(customers, 6, 5, tmp_path / str(customers), partition_customers=50, workers=1)
    few, many = _bytes(tmp_path / "50"), _bytes(tmp_path / "100")
    assert {k: v for k, v in few.items() if "scenario" not in k} == {k: many[k] for k in few if "scenario" not in k}


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_writes_its_tables_and_its_truth(scenario: str, tmp_path: Path) -> None:
    summary = simulate(80, 8, 1, tmp_path / "out", scenario)
    expected = TABLES - {"contracts"} if scenario == "retail" else TABLES | {"reminders"}
    assert set(summary.rows) == expected
    assert {path.name for path in (tmp_path / "out").iterdir()} == expected | {"truth"}
    assert json.loads((tmp_path / "out/truth/scenario.json").read_text())["scenario"]["name"] == scenario


def test_a_folder_that_holds_something_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        simulate(10, 2, 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_overwriting_replaces_the_whole_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    simulate(20, 2, 1, out)
    (out / "old.txt").write_text("old")
    simulate(20, 2, 2, out, "retail", overwrite=True)
    assert not (out / "old.txt").exists()
    assert not (out / "contracts").exists()


def test_a_run_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def refuse(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(20, 2, 1, tmp_path / "out", progress=refuse)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("argument", "value"), [("customers", 0), ("months", 0), ("seed", -1)])
def test_arguments_out_of_bounds_are_refused(argument: str, value: int, tmp_path: Path) -> None:
    wanted = {"customers": 10, "months": 2, "seed": 1} | {argument: value}
    with pytest.raises(UsageError, match=f"{argument} is out of bounds"):
        simulate(**wanted, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_scenario_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean telecom"):
        simulate(10, 2, 1, tmp_path / "out", "telekom")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="is a file"):
        simulate(10, 2, 1, tmp_path / "out", overwrite=True)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_company_looks_like_one(scenario: str, tmp_path: Path) -> None:
    simulate(2_000, 36, 7, tmp_path / "out", scenario)
    found = audit.realism(tmp_path / "out")
    assert 0.005 < found["monthly_defection"] < 0.04
    assert 0.80 < found["oracle_auc"] < 0.92
    assert 0.02 < found["monthly_complaints"] < 0.12
    assert found["hours_p99_to_median"] > 10
    assert abs(found["skew_log_spend"]) < 1.5
    assert 0.3 < found["sd_log_spend"] < 2.5
