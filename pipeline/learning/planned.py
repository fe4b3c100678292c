"""A plan folder read back: who was drawn for which arm, and what was meant to be done."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import DataError, MissingColumnError, MissingFileError
from pipeline.files import reading

WHERE = "--plan"
COLUMNS = ("customer_id", "arm", "action", "agent", "defection_type", "cost", "net_benefit", "rules")


@dataclass(frozen=True)
class Planned:
    """The offers of a plan, obligations left out: one row a customer with the columns `COLUMNS` and `steps`.

    A sequence is one offer: `action` is its name, `steps` the actions it consists of ("; " between them). `arm` is
    treat or control; `net_benefit` is what the offer was expected to be worth: the hold-out was drawn by it.
    """

    plan_id: str
    as_of: datetime
    currency: str
    rows: pd.DataFrame

    @property
    def treated(self) -> "pd.Series[bool]":
        """Who was to be contacted."""
        return self.rows["arm"] == "treat"


def read_plan(folder: Path) -> Planned:
    """Read plan.parquet and summary.json of a plan folder.

    Raises MissingFileError where it is no plan, DataError where it has no hold-out: nothing can be measured then.
    """
    summary, rows = _summary(folder / "summary.json"), _rows(folder / "plan.parquet")
    plan = Planned(summary["plan_id"], datetime.fromisoformat(summary["as_of"]), summary["currency"], rows)
    if plan.treated.all() or not plan.treated.any():
        fix = "Plan with a holdout_share above 0; this plan's effect cannot be known."
        missing = "treat" if len(rows) and not plan.treated.any() else "control"
        raise DataError("the plan has no customers in the arm", where=f"{WHERE} {folder}", value=missing, fix=fix)
    return plan


def _summary(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(str(path), where=WHERE)
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {"plan_id": str(found["plan_id"]), "as_of": str(found["as_of"]), "currency": str(found["currency"])}
    except (ValueError, KeyError, TypeError) as error:
        fix = "Name the folder that `holdfast plan` wrote."
        raise DataError("is not a plan's summary", where=WHERE, value=str(path), fix=f"{error}. {fix}") from None


def _rows(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise MissingFileError(str(path), where=WHERE)
    with reading(path, where=WHERE):
        rows = pd.read_parquet(path)
    for name in COLUMNS:
        if name not in rows.columns:
            raise MissingColumnError(name, where=str(path), present=[str(column) for column in rows.columns])
    offers = rows[~rows["rules"].astype("str").str.startswith("obligation")]
    return _one_a_customer(offers)


def _one_a_customer(steps: pd.DataFrame) -> pd.DataFrame:
    """The rows of a sequence as one, with the sum of their money; the agent is the first step's."""
    names = (
        steps["sequence"].where(steps["sequence"] != "", steps["action"]) if "sequence" in steps else steps["action"]
    )
    grouped = steps.assign(steps=steps["action"], action=names).groupby("customer_id", sort=False)
    sums = grouped[["cost", "net_benefit"]].sum()
    rows = grouped.first().assign(**sums, steps=grouped["steps"].agg("; ".join)).reset_index()
    return rows[[*COLUMNS, "steps"]]
