"""The leak check catches the leaks that real data hold, and passes what is honest; promotion asks for it."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pipeline.config.load import load
from pipeline.leakcheck import leakcheck
from pipeline.prepare import partition_number
from pipeline.promote import evidence as evidence_of
from pipeline.tested_rows import between
from pipeline.tracking import store_of
from pipeline.train import train
from tests.cli import Cli
from tests.functional import company as tiny
from tests.functional.simulated import write

REFUSED = 5
FLAT = """
name: flat
sources:
  file: {{csv: "{file}"}}
tables:
  customers: {{source: file, columns: {{customer_id: {key}}}, drop: [{drop}]}}
outcome: {{kind: column, column: {label}, positive: {positive}, horizon_days: 90}}
"""
DESK = """
name: desk
sources:
  log:
    csv: "{file}"
    date_format: "%d/%m/%Y %H:%M"
    null_values: ["?"]
tables:
  customers: {{sql: "SELECT DISTINCT caller_id AS customer_id FROM log WHERE caller_id IS NOT NULL"}}
  updates:
    sql: "SELECT caller_id AS customer_id, sys_updated_at AS occurred_at, resolved_at, reopen_count FROM log"
  transactions:
    sql: "SELECT DISTINCT caller_id AS customer_id, opened_at AS occurred_at, 1 AS amount FROM log"
outcome: {{kind: lapse, horizon_days: 30, active_days: 60}}
data_until: 2016-06-01
snapshots: {{every: 14, first: 2016-03-20, last: 2016-05-01, test_snapshots: 1}}
"""


def flat(folder: Path, **values: str) -> Path:
    config = folder / "flat.yaml"
    config.write_text(FLAT.format(**values), encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("company"), customers=300)


@pytest.mark.slow
def test_the_features_of_a_simulated_company_see_no_future(company: Path) -> None:
    report = leakcheck(company)
    assert report.findings == ()
    assert report.features > 200


def test_a_builder_that_reads_resolutions_unmasked_is_caught(
    holdfast: Cli, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = company.read_text(encoding="utf-8")
    own = company.with_name("own.yaml")
    own.write_text(text + "features: {groups: [customers, 'tests.functional.leaky:Peeps']}\n", encoding="utf-8")
    ran = holdfast("leakcheck", own)
    assert ran.code == REFUSED
    assert "peeps__resolved" in ran.out
    assert "changes when the future is deleted" in ran.out


def one_of_each_partition() -> list[str]:
    """A customer of each of two partitions."""
    ids = ", ".join(f"('{n:03d}')" for n in range(40))
    with duckdb.connect() as con:
        sql = f"SELECT min(customer_id) FROM (VALUES {ids}) t(customer_id) GROUP BY {partition_number(2)}"
        return [customer for (customer,) in con.execute(sql).fetchall()]


@pytest.mark.slow
def test_a_leak_that_shows_for_a_single_customer_is_caught_in_whichever_partition(tmp_path: Path) -> None:
    config = tiny.write(tmp_path)
    more = "engine: {partitions: 2}\nfeatures: {groups: [transactions, 'tests.functional.leaky:Peeps']}\n"
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    for customer in one_of_each_partition():
        case = f"{customer},c1,01/02/2024,25/12/2024"
        (tmp_path / "cases.csv").write_text(f"who,number,opened,closed\n{case}\n", encoding="utf-8")
        assert [finding for finding in leakcheck(config).findings if "peeps__resolved" in finding], customer


@pytest.mark.slow
def test_a_label_in_disguise_is_caught_in_the_bank_data(public_data: Callable[[str], Path], tmp_path: Path) -> None:
    file = next(public_data("bank-churn-records").glob("*.csv"))
    values = {"file": str(file), "key": "CustomerId", "label": "Exited", "positive": "1"}
    report = leakcheck(flat(tmp_path, **values, drop="RowNumber, Surname"))
    assert [finding for finding in report.findings if "customers__complain " in finding]


@pytest.mark.slow
def test_a_score_given_afterwards_is_caught_in_the_extended_telco_data(
    public_data: Callable[[str], Path], tmp_path: Path
) -> None:
    file = next(public_data("telco-ibm-extended").glob("*tatus*.csv"))
    values = {"file": str(file), "key": '"Customer ID"', "label": '"Churn Label"', "positive": '"Yes"'}
    report = leakcheck(flat(tmp_path, **values, drop=""))
    assert [finding for finding in report.findings if "satisfaction_score" in finding]


@pytest.mark.slow
def test_a_final_value_repeated_on_every_row_is_caught_in_the_service_desk_log(
    public_data: Callable[[str], Path], tmp_path: Path
) -> None:
    file = next(public_data("servicenow-incidents").glob("*.gz"))
    config = tmp_path / "desk.yaml"
    config.write_text(DESK.format(file=file), encoding="utf-8")
    report = leakcheck(config)
    assert [finding for finding in report.findings if finding.startswith("updates.resolved_at holds a time after")]


@pytest.mark.slow
def test_promotion_asks_for_the_whole_gate_and_force_is_recorded(holdfast: Cli, company: Path, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    trained = train(company)
    store = store_of(load(company))
    client = MlflowClient(store.uri)

    first = holdfast("promote", company)
    assert first.code == REFUSED
    assert "it has no leak check" in first.err
    assert "champion" not in client.get_registered_model("small").aliases
    scored = holdfast("score", company, "--out", tmp_path / "scores.csv")
    assert scored.code == 0
    assert "warning: no champion yet, taking small/1. It has passed no gate" in scored.err

    assert holdfast("leakcheck", company).code == 0
    strict = company.with_name("strict.yaml")
    asked = "promotion: {confidence: 0.999999, max_calibration_error: 0.000001}\n"
    strict.write_text(company.read_text(encoding="utf-8") + asked, encoding="utf-8")
    second = holdfast("promote", strict)
    assert second.code == REFUSED
    assert "leak check" not in second.err
    assert "it does not beat the baseline" in second.err
    assert "its expected calibration error is" in second.err

    forced = holdfast("promote", strict, "--force", "--json")
    assert forced.code == 0
    found = json.loads(forced.out)
    assert (found["champion"], found["forced"]) == ("small/1", True)
    kept = client.get_model_version_by_alias("small", "champion").tags
    assert kept["holdfast.promotion"] == "forced"
    assert kept["holdfast.promotion.findings"] == "; ".join(found["findings"])
    assert client.get_run(trained.run_id).data.tags["holdfast.promotion"] == "forced"
    assert "no champion" not in holdfast("score", company, "--out", tmp_path / "scores.csv").err

    # the same rows: the same model, no better than the champion, and no worse
    again = train(company, report=tmp_path / "report.html")
    assert again.evaluation.champion == "small/1"
    assert again.evaluation.metrics["paired.champion.log_loss"] == pytest.approx(0, abs=1e-12)
    assert again.evaluation.metrics["paired.champion.rows"] == again.rows["test"]
    assert f"champion small/1: on the same {again.rows['test']:,} rows" in again.as_text()
    assert "the champion small/1" in (tmp_path / "report.html").read_text(encoding="utf-8")
    run = client.get_run(again.run_id)
    assert run.data.params["champion"] == "small/1"
    assert {"paired.champion.auc", "paired.champion.log_loss.low", "paired.champion.brier"} <= set(run.data.metrics)
    refused = holdfast("promote", company)
    assert refused.code == REFUSED
    assert "it does not beat the champion small/1 beyond chance: log loss lower by +0.0000" in refused.err
    easy = company.with_name("easy.yaml")
    asked = "promotion: {against_champion: not_worse, against_baselines: not_worse, max_calibration_error: 1}\n"
    easy.write_text(company.read_text(encoding="utf-8") + asked, encoding="utf-8")
    assert holdfast("leakcheck", company).code == 0
    passed = holdfast("promote", easy)
    assert passed.code == 0, passed.err
    assert passed.out.strip() == "small/2 is champion"


@pytest.mark.slow
def test_a_champion_of_earlier_records_is_compared_on_the_rows_of_the_newer_test(holdfast: Cli, tmp_path: Path) -> None:
    """A year later nobody's test rows are the same; the champion is scored on those of the challenger then."""
    company = write(tmp_path, customers=300)
    earlier = tmp_path / "earlier.yaml"
    earlier.write_text(company.read_text(encoding="utf-8") + "data_until: 2022-11-01\n", encoding="utf-8")
    assert train(earlier).snapshots["test"] == ("2022-07-02",)
    assert holdfast("promote", earlier, "--force").code == 0
    newer = train(company)
    assert newer.snapshots["test"] == ("2022-10-01",)
    ran = holdfast("promote", company)
    assert "there are no rows to test it" not in ran.err
    evidence = evidence_of(load(company), 2)
    assert evidence.champion is not None
    assert evidence.tested is not None
    name, rows = evidence.champion.name, evidence.champion.rows
    assert name == "small/1"
    assert rows is not None
    assert set(rows["row"]) == set(evidence.tested["row"])
    # It learned from the very rows that the newer version's tested model learned from, so both say the same.
    theirs, ours = (table.set_index("row")["model"].sort_index() for table in (rows, evidence.tested))
    np.testing.assert_allclose(theirs, ours)
    assert newer.evaluation.champion == "small/1"
    assert newer.evaluation.metrics["paired.champion.rows"] == len(rows)
    gate = between(evidence.tested, rows, 0.95)
    assert gate is not None
    assert newer.evaluation.metrics["paired.champion.log_loss"] == pytest.approx(gate.mean, abs=1e-12)
