"""Effects that were planted are found, and where none was planted none is claimed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.diagnose import diagnose
from pipeline.diagnosis.result import Diagnosis, Row
from pipeline.simulator import simulate
from pipeline.simulator.scenario import Scenario
from pipeline.simulator.scenarios import QUIET, TELECOM
from tests.diagnosis_support import diagnosed, row

TABLES = ("customers", "transactions", "contracts", "complaints", "contacts", "defections", "usage", "reminders")
# Answers after the limit hurt far more than in the named company, so that a small one is enough to see it.
SHARP = replace(TELECOM, name="sharp", hazard=replace(TELECOM.hazard, complaint=2.2, slow=1.0))


def simulated(folder: Path, scenario: Scenario, plant: Callable[[Path], None] | None = None) -> Diagnosis:
    """A simulated company by month: what a complaint does fades within a few. `plant` changes its records."""
    simulate(4000, 24, 7, folder / "company", scenario, workers=1)
    if plant is not None:
        plant(folder / "company")
    config = {
        "name": scenario.name,
        "sources": {name: {"parquet": f"company/{name}/*.parquet"} for name in TABLES},
        "tables": {name: {"source": name} for name in TABLES},
        "outcome": {"kind": "cancel", "horizon_days": 90},
        "diagnosis": {
            "period": "month", "periods": 20, "projection_periods": 20, "complaint_days": 45,
            "moments": {"fault": {"table": "usage", "where": "faults > 0"}, "late_payment": {"table": "reminders"}},
        },
    }  # fmt: skip
    path = folder / f"{scenario.name}.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return diagnose(path)


@pytest.fixture(scope="module")
def sharp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diagnosis]:
    yield simulated(tmp_path_factory.mktemp("sharp"), SHARP)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diagnosis]:
    yield simulated(tmp_path_factory.mktemp("quiet"), QUIET)


@pytest.mark.slow
def test_resolution_within_the_limit_is_found_to_keep_customers(sharp: Diagnosis) -> None:
    rows = sharp.table("complaints", "stay_by_limit")
    within, late = row(rows, level="within"), row(rows, level="late")
    assert within["against_late_low"] > 0
    assert late["against_none_high"] < 0


@pytest.mark.slow
def test_moments_that_drive_leaving_are_found_before_defections(sharp: Diagnosis) -> None:
    moments = sharp.table("circle", "moments")
    for name in ("complaint", "fault", "late_payment"):
        assert row(moments, moment=name)["lift_low"] > 1


@pytest.mark.slow
def test_complaints_that_mean_nothing_are_not_blamed(quiet: Diagnosis) -> None:
    within = row(quiet.table("complaints", "stay_by_limit"), level="within")
    assert within["against_late_low"] < 0 < within["against_late_high"]
    complaint = row(quiet.table("circle", "moments"), moment="complaint")
    assert complaint["lift_low"] < 1 < complaint["lift_high"]


def rudeness_drives_away(company: Path) -> None:
    """Every third customer who complained of the manner leaves three weeks later, for good."""
    complaints = pd.read_parquet(company / "complaints")
    rude = complaints[complaints["cause"] == "attitude"].drop_duplicates("customer_id").iloc[::3]
    leaving = rude.set_index("customer_id")["opened_at"] + pd.Timedelta(days=21)
    for name in TABLES:
        file = company / name / "part-000.parquet"
        rows = pd.read_parquet(file)
        time = next((column for column in ("occurred_at", "opened_at", "starts_at") if column in rows), None)
        if time is not None:
            gone = rows["customer_id"].map(leaving)
            rows = rows[gone.isna() | (rows[time] < gone)]
        if name == "defections":
            rows = pd.concat([rows, leaving.rename("occurred_at").reset_index()], ignore_index=True)
        rows.to_parquet(file)


@pytest.mark.slow
def test_rudeness_planted_in_a_company_where_complaints_mean_nothing_is_found(tmp_path: Path) -> None:
    rows = simulated(tmp_path, QUIET, rudeness_drives_away).table("complaints", "stay_by_cause")
    rude = row(rows, level="attitude")
    others = [found for found in rows if found["level"] not in ("attitude", "other", "none", None)]
    assert len(others) > 2
    assert all(rude["stayed_high"] < found["stayed_low"] for found in others if found["customer_periods"] > 200)


def company_with_attitude() -> dict[str, list[Row]]:
    """Of 500 complainers about attitude 30 % leave within the period, of 500 about product 10 %."""
    who = [f"c{n}" for n in range(1000)]
    causes = {one: "attitude" if n % 2 else "product" for n, one in enumerate(who)}
    leaves = [one for n, one in enumerate(who) if n // 2 % 10 < (3 if n % 2 else 1)]
    return {
        "customers": [{"customer_id": one} for one in who],
        "transactions": [{"customer_id": one, "occurred_at": "2024-02-01", "amount": 10} for one in who],
        "complaints": [
            {"customer_id": one, "complaint_id": one, "opened_at": "2024-03-10", "cause": cause}
            for one, cause in causes.items()
        ],
        "defections": [{"customer_id": one, "occurred_at": "2024-05-03"} for one in leaves],
    }


def test_a_planted_effect_of_attitude_is_found_with_its_size(tmp_path: Path) -> None:
    outcome = {"kind": "cancel", "horizon_days": 90}
    found = diagnosed(tmp_path, company_with_attitude(), outcome, data_until="2024-07-01")
    rows = found.table("complaints", "stay_by_cause")
    attitude, product = row(rows, level="attitude"), row(rows, level="product")
    assert (attitude["customer_periods"], attitude["stayed"]) == (500, pytest.approx(0.7))
    assert (product["customer_periods"], product["stayed"]) == (500, pytest.approx(0.9))
    assert attitude["stayed_high"] < product["stayed_low"]
