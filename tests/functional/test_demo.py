"""`holdfast demo`: the whole line on a small company, and files that agree with one another."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from features.errors import UsageError
from pipeline.demo import demo
from pipeline.planning.rows import COLUMNS as PLAN_COLUMNS
from pipeline.score_file import COLUMNS as SCORE_COLUMNS


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def said(out: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_DEMO", "")  # the demo sets it; it is put back afterwards
        yield demo(out, customers=700, months=30, seed=2)


@pytest.mark.slow
def test_it_ends_with_paths_that_exist(said: str) -> None:
    named = re.findall(r"^  \S.*?\s{2,}(\S+)$", said, re.MULTILINE)
    assert len(named) == 6
    assert [path for path in named if not Path(path).exists()] == []


@pytest.mark.slow
def test_the_command_it_proposes_works(said: str, capfd: pytest.CaptureFixture[str]) -> None:
    import shlex

    from pipeline.cli import app

    setting, _, command, *words = shlex.split(said.splitlines()[-1])
    name, _, folder = setting.partition("=")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, folder)
        app([command, *words], standalone_mode=False)
    assert "contacts" in capfd.readouterr().out
    assert Path(words[words.index("--out") + 1], "plan.csv").exists()


@pytest.mark.slow
def test_every_customer_is_scored_once(said: str, out: Path) -> None:
    scores = pd.read_csv(out / "scores.csv")
    assert scores.columns.tolist()[: len(SCORE_COLUMNS)] == list(SCORE_COLUMNS)
    assert len(scores) == scores["customer_id"].nunique() == 700
    at_risk = scores["status"] == "at_risk"
    assert at_risk.sum() > 100
    assert scores.loc[at_risk, "risk"].between(0, 1).all()
    assert scores.loc[~at_risk, "risk"].isna().all()


@pytest.mark.slow
def test_the_summary_agrees_with_the_plan_and_the_scores(said: str, out: Path) -> None:
    summary = json.loads((out / "plan" / "summary.json").read_text(encoding="utf-8"))
    plan, scores = pd.read_csv(out / "plan" / "plan.csv"), pd.read_csv(out / "scores.csv")
    assert plan.columns.tolist() == list(PLAN_COLUMNS)
    offers = plan[plan["net_benefit"].notna()]
    treated = offers[offers["arm"] == "treat"]
    assert summary["contacts"] == len(treated) > 0
    assert summary["hold_out"] == len(offers) - len(treated)
    assert summary["obligations"] == plan["net_benefit"].isna().sum()
    contacted = plan.loc[plan["net_benefit"].isna() | (plan["arm"] == "treat"), "customer_id"].nunique()
    assert summary["customers"] == len(scores) == contacted + sum(summary["not_contacted"].values())
    assert summary["cost"] == pytest.approx(treated["cost"].sum(), rel=1e-6)
    assert summary["objective"] == pytest.approx(treated["net_benefit"].sum(), rel=1e-6)
    assert set(plan["customer_id"]) <= set(scores["customer_id"])


@pytest.mark.slow
def test_a_second_demo_takes_the_place_of_the_first(said: str, out: Path) -> None:
    (out / "left over").touch()
    with pytest.raises(UsageError, match="months is out of bounds"):
        demo(out, customers=700, months=0)
    assert not (out / "left over").exists()


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not a demo"):
        demo(tmp_path, customers=700)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
