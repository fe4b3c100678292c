"""Training and scoring as an operator meets them: one MLflow run, a registered model, a reliable score file."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.config.load import load
from pipeline.score import score
from pipeline.score_file import COLUMNS
from pipeline.tracking import store_of
from pipeline.train import Trained, train
from tests.cli import Cli
from tests.functional.simulated import write

pytestmark = pytest.mark.slow

MONEY = ["loss_if_defect", "loss_low", "loss_high", "expected_loss", "loss_sales", "loss_profit"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def trained(company: Path) -> Trained:
    return train(company)


@pytest.fixture
def scores(company: Path, trained: Trained, tmp_path: Path) -> pd.DataFrame:
    score(company, tmp_path / "scores.parquet")
    return pq.read_table(tmp_path / "scores.parquet").to_pandas()


@pytest.fixture
def spare(company: Path, trained: Trained, tmp_path: Path) -> Iterator[Path]:
    """A copy of the trained company that a test may break."""
    shutil.copytree(company.parent / "company", tmp_path / "company")
    shutil.copytree(company.parent / ".holdfast", tmp_path / ".holdfast")
    yield Path(shutil.copy(company, tmp_path / "small.yaml"))


def test_a_model_of_another_outcome_is_refused_and_other_constants_of_money_are_said(
    spare: Path, tmp_path: Path, holdfast: Cli
) -> None:
    text = spare.read_text(encoding="utf-8")
    spare.write_text(text.replace("horizon_days: 90", "horizon_days: 75"), encoding="utf-8")
    ran = holdfast("score", spare, "--out", tmp_path / "s.csv")
    assert ran.code == 6
    assert "outcome.horizon_days" in ran.err and "90" in ran.err and "75" in ran.err
    assert not (tmp_path / "s.csv").exists()
    spare.write_text(f"{text}money: {{margin_share: {{value: 0.9, source: test, status: given}}}}\n", encoding="utf-8")
    ran = holdfast("score", spare, "--out", tmp_path / "s.csv")
    assert ran.code == 0
    assert "warning: money.margin_share differs" in ran.err and "now 0.9" in ran.err


def test_the_run_is_kept_with_a_nested_run_for_each_candidate_and_baseline(company: Path, trained: Trained) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(store_of(load(company)).uri)
    run = client.get_run(trained.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["risk.auc"] == pytest.approx(trained.evaluation.metrics["risk.auc"])
    nested = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{trained.run_id}'")
    names = {found.info.run_name for found in nested}
    assert {"candidate lightgbm", "candidate logistic", "candidate blend"} <= names
    assert {"baseline base_rate", "baseline single_rule", "baseline logistic"} <= names
    assert "report.html" in {item.path for item in client.list_artifacts(trained.run_id)}


def test_the_run_says_what_was_read_with_which_settings_and_keeps_figures_and_tested_rows(
    company: Path, trained: Trained
) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(store_of(load(company)).uri)
    run = client.get_run(trained.run_id)
    assert run.data.params["model.risk.max_trees"] == "60"
    assert run.data.params["outcome.kind"] == "cancel"
    assert {"tested.risk.chosen", "registered.risk.chosen", "promotion.confidence"} <= set(run.data.params)
    assert run.data.tags["holdfast.feature_fingerprint"] == run.data.params["feature_fingerprint"]
    inputs = {found.dataset.name: found for found in run.inputs.dataset_inputs}
    assert set(inputs) == {"small: training", "small: testing", "small: registered model"}
    profile = json.loads(inputs["small: testing"].dataset.profile)
    assert profile == {"rows": trained.rows["test"], "snapshots": list(trained.snapshots["test"])}
    assert {found.dataset.digest for found in inputs.values()} == {run.data.params["data_fingerprint"]}
    figures = client.list_artifacts(trained.run_id, "figures")
    assert {"figures/ranking-roc-curve.svg", "figures/probabilities-calibration.svg"} <= {f.path for f in figures}
    assert {"tables", "tested_rows.parquet"} <= {item.path for item in client.list_artifacts(trained.run_id)}


def test_the_registered_model_is_text_only_and_a_challenger_until_it_is_promoted(
    company: Path, trained: Trained
) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(store_of(load(company)).uri)
    assert int(client.get_model_version_by_alias("small", "challenger").version) == trained.model_version
    assert "champion" not in client.get_registered_model("small").aliases
    files = [p for p in (company.parent / ".holdfast" / "artifacts").rglob("model/**/*") if p.is_file()]
    assert files
    for file in files:
        file.read_text(encoding="utf-8")  # a pickle is no text
    inside = {file.suffix for file in files if "holdfast_model" in file.parts}
    assert inside <= {".json", ".txt"}


def test_the_model_serves_through_pyfunc_with_a_signature(company: Path, trained: Trained) -> None:
    import mlflow

    from pipeline.feature_matrix import matrix

    mlflow.set_tracking_uri(store_of(load(company)).uri)
    served = mlflow.pyfunc.load_model(f"models:/small/{trained.model_version}")
    answer = served.predict(matrix(company).head(20))
    assert answer["risk"].between(0, 1).all()
    assert set(served.metadata.signature.outputs.input_names()) == set(answer.columns)
    assert set(served.metadata.signature.inputs.input_names()) == set(trained.evaluation.predictor.columns.names)
    example = served.predict(served.input_example)
    assert len(example) == 1


def test_the_model_serves_over_http(company: Path, trained: Trained) -> None:
    import mlflow

    from pipeline.feature_matrix import matrix

    rows = matrix(company).head(5)
    mlflow.set_tracking_uri(store_of(load(company)).uri)
    here = mlflow.pyfunc.load_model(f"models:/small/{trained.model_version}").predict(rows)
    with serving(company, trained.model_version) as address:
        answer = ask(address, rows)
    assert [row["risk"] for row in answer] == pytest.approx(here["risk"].tolist())
    assert [row["risk_band"] for row in answer] == here["risk_band"].tolist()


@contextmanager
def serving(company: Path, version: int) -> Iterator[str]:
    """`mlflow models serve` on this machine only; stopped at the end, with all that it started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = str(Path(__file__).parents[2])
    # MLflow starts its server by name: it has to be found without an activated environment, too.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    store = store_of(load(company)).uri
    environment = os.environ | {"MLFLOW_TRACKING_URI": store, "PYTHONPATH": here, "PATH": path}
    words = ["models", "serve", "-m", f"models:/small/{version}", "-h", "127.0.0.1", "-p", str(port)]
    command = [sys.executable, "-m", "mlflow", *words, "--env-manager", "local"]
    log = company.with_name("serve.log")
    with log.open("w") as out:
        process = subprocess.Popen(
            command, env=environment, cwd=here, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/ping", process, log)
            yield address
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the server answers; an early end or two minutes without an answer fail with its log."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.5)
    pytest.fail(f"no answer: {log.read_text(encoding='utf-8')}")


def ask(address: str, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """What the server says of rows of features."""
    features = rows.drop(columns=["customer_id", "as_of"])
    rows_of = json.loads(features.to_json(orient="split", index=False, double_precision=15))
    body = json.dumps({"dataframe_split": rows_of}).encode()
    request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())["predictions"]  # type: ignore[no-any-return]


def test_train_and_test_windows_do_not_overlap(trained: Trained) -> None:
    last, first = trained.snapshots["train"][-1], trained.snapshots["test"][0]
    assert pd.Timestamp(last) + pd.Timedelta(days=90) <= pd.Timestamp(first)


def test_the_model_beats_the_base_rate_on_later_snapshots(trained: Trained) -> None:
    metrics = trained.evaluation.metrics
    assert metrics["risk.auc.low"] > 0.5
    assert metrics["risk.log_loss"] < metrics["baseline.base_rate.log_loss"]


def test_every_customer_has_one_row_with_a_status_and_the_stable_columns(scores: pd.DataFrame) -> None:
    assert tuple(scores.columns[: len(COLUMNS)]) == COLUMNS
    assert scores["customer_id"].is_unique
    assert len(scores) == 700
    assert set(scores["status"]) <= {"at_risk", "defected", "too_new"}


def test_who_is_at_risk_has_risk_types_and_money_and_nobody_else_has(scores: pd.DataFrame) -> None:
    at_risk = scores[scores["status"] == "at_risk"]
    assert at_risk["risk"].between(0, 1).all()
    types = at_risk[[column for column in COLUMNS if column.startswith("type_")]]
    assert types.sum(axis=1).to_numpy() == pytest.approx(1)
    assert at_risk[MONEY].notna().all(axis=None)
    assert (at_risk["expected_loss"] - at_risk["risk"] * at_risk["loss_if_defect"]).abs().max() < 1e-6
    assert scores.loc[scores["status"] != "at_risk", ["risk", *MONEY]].isna().all(axis=None)


def test_the_risk_is_given_for_each_horizon_and_split_by_type(scores: pd.DataFrame, trained: Trained) -> None:
    at_risk = scores[scores["status"] == "at_risk"]
    totals = [f"risk_{days}d" for days in (30, 60, 90)]
    by_day = [column for column in scores.columns[len(COLUMNS) :] if column.startswith("risk_")]
    assert by_day[:3] == totals
    assert list(scores.columns[-len(by_day) :]) == by_day
    assert (at_risk[totals].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert at_risk["risk_90d"].to_numpy() == pytest.approx(at_risk["risk"].to_numpy())
    for total in totals:
        parts = at_risk[[f"{total}_{kind}" for kind in ("price", "product", "service", "self", "unknown")]]
        assert parts.sum(axis=1).to_numpy() == pytest.approx(at_risk[total].to_numpy())
    assert "defected within" in trained.as_text()
    assert trained.evaluation.metrics["risk_30d.auc"] > 0.5


def test_reasons_name_features_with_their_value_and_are_sorted_by_effect(scores: pd.DataFrame) -> None:
    given = [list(reasons) for reasons in scores["reasons"].dropna() if len(reasons)]
    assert given
    assert all(reason["feature"] and reason["text"] for reasons in given for reason in reasons)
    assert all(
        [r["effect"] for r in reasons] == sorted((r["effect"] for r in reasons), reverse=True) for reasons in given
    )


def test_reasons_go_to_the_largest_expected_losses_as_many_as_asked_for(
    holdfast: Cli, company: Path, scores: pd.DataFrame, tmp_path: Path
) -> None:
    def explained(*words: str) -> pd.DataFrame:
        out = tmp_path / "explained.parquet"
        assert holdfast("score", company, "--out", out, *words).code == 0
        table = pq.read_table(out).to_pandas()
        return table[table["reasons"].notna()]

    largest = scores.nlargest(5, "expected_loss")["customer_id"]
    assert set(explained("--reasons", "5")["customer_id"]) == set(largest)
    assert len(explained("--reasons", "all")) == (scores["status"] == "at_risk").sum()
    assert explained("--reasons", "none").empty
    refused = holdfast("score", company, "--out", tmp_path / "no.csv", "--reasons", "many")
    assert refused.code == 2
    assert "Give all, none, or the number" in refused.err


def test_reasons_are_in_the_language_of_the_config(company: Path, scores: pd.DataFrame, tmp_path: Path) -> None:
    chinese = company.with_name("chinese.yaml")
    more = "reasons: {language: zh, per_customer: 1, customers: all}\n"
    chinese.write_text(company.read_text(encoding="utf-8") + more, encoding="utf-8")
    score(chinese, tmp_path / "chinese.parquet")
    found = pq.read_table(tmp_path / "chinese.parquet").to_pandas()["reasons"].dropna()
    english = scores["reasons"].dropna()
    for theirs, ours in zip(found, english, strict=True):
        assert [r["feature"] for r in theirs] == [r["feature"] for r in ours][:1]
        assert all("：" in reason["text"] for reason in theirs)


def test_scoring_again_gives_the_same_bytes(company: Path, trained: Trained, tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        score(company, tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_list_is_scored_in_its_order_and_unknown_ids_are_rows(
    holdfast: Cli, company: Path, scores: pd.DataFrame, tmp_path: Path
) -> None:
    ids = [scores["customer_id"][5], "nobody", scores["customer_id"][2]]
    asked = tmp_path / "list.csv"
    asked.write_text("customer_id\n" + "\n".join(ids) + "\n", encoding="utf-8")

    ran = holdfast("score", company, "--customers", asked, "--out", tmp_path / "some.csv", "--json")

    assert ran.code == 0, ran.err
    assert "1 ids are not in customers, first 'nobody'" in ran.err
    found = pd.read_csv(tmp_path / "some.csv", dtype={"customer_id": str})
    assert found["customer_id"].tolist() == ids
    assert found["status"].tolist()[1] == "not_found"
    assert json.loads(ran.out)["statuses"]["not_found"] == 1
    whole = scores.set_index("customer_id")["risk"]
    assert found["risk"].iloc[0] == pytest.approx(whole[ids[0]], nan_ok=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("customer_id\na\nb\na\n", "1 ids stand in the list more than once: 'a'"),
        ("customer_id\n", "the table has no rows"),
        ("id\na\n", "column not found: 'customer_id'"),
        ("customer_id,x\na,1\n,2\n", "1 rows have no customer_id"),
        ("customer_id\nnobody\nno one\n", "none of the ids is a customer"),
    ],
)
def test_a_list_that_cannot_be_answered_is_refused(
    holdfast: Cli, company: Path, trained: Trained, tmp_path: Path, content: str, said: str
) -> None:
    asked = tmp_path / "list.csv"
    asked.write_text(content, encoding="utf-8")
    ran = holdfast("score", company, "--customers", asked, "--out", tmp_path / "out.csv")
    assert ran.code == 4
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "out.csv").exists()


def test_tables_that_lost_a_column_stop_with_both_fingerprints(holdfast: Cli, spare: Path, tmp_path: Path) -> None:
    text = spare.read_text(encoding="utf-8")
    spare.write_text(text.replace("{source: usage}", "{source: usage, drop: [faults]}"), encoding="utf-8")
    ran = holdfast("score", spare, "--out", tmp_path / "out.csv")
    assert ran.code == 6
    assert "feature fingerprint differs: trained with" in ran.err
    assert not (tmp_path / "out.csv").exists()


def test_scoring_before_training_says_what_to_do(holdfast: Cli, spare: Path, tmp_path: Path) -> None:
    shutil.rmtree(spare.parent / ".holdfast")
    ran = holdfast("score", spare, "--out", tmp_path / "out.csv")
    assert ran.code == 4
    assert "Train first: holdfast train CONFIG." in ran.err


def test_nobody_defecting_is_one_class(holdfast: Cli, spare: Path) -> None:
    defections = spare.parent / "company" / "defections" / "part-000.parquet"
    late = pq.read_table(defections).to_pandas().assign(occurred_at=pd.Timestamp("2022-12-31 12:00:00"))
    late.to_parquet(defections)
    ran = holdfast("train", spare)
    assert ran.code == 4
    assert "both outcomes are needed" in ran.err


def test_a_moment_after_the_records_is_warned_of(
    holdfast: Cli, company: Path, trained: Trained, tmp_path: Path
) -> None:
    ran = holdfast("score", company, "--as-of", "2024-01-01", "--out", tmp_path / "late.csv")
    assert ran.code == 0
    assert "--as-of 2024-01-01 lies after the records end (2023-01-01)" in ran.err


def test_a_place_that_cannot_be_written_to_is_refused(
    holdfast: Cli, company: Path, trained: Trained, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    ran = holdfast("score", company, "--out", tmp_path / "file" / "scores.csv")
    assert ran.code == 2
    assert "cannot write there" in ran.err
    assert "Traceback" not in ran.err


def test_a_score_file_of_an_unknown_kind_is_refused_before_any_work(
    holdfast: Cli, company: Path, tmp_path: Path
) -> None:
    ran = holdfast("score", company, "--out", tmp_path / "scores.xlsx")
    assert ran.code == 2
    assert "End it in .parquet or .csv." in ran.err
