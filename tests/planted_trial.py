"""A small firm, a plan with a hold-out, and what followed: with effects that are planted, so that they are known.

Every planned customer buys for 10 a month while they stay. Who leaves cancels in the second month after the plan.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import yaml

from pipeline.learning.planned import COLUMNS
from tests.plan_case import odds, settings

AS_OF, HORIZON_DAYS, MONTHLY, MARGIN = datetime(2025, 1, 1), 180, 10.0, 0.5
LEFT_AT = AS_OF + timedelta(days=45)
MONTHS_BEFORE, MONTHS_AFTER = 6, 6


@dataclass(frozen=True)
class Group:
    """Customers of one action, agent and likely type: how many in each arm, and how many of them leave."""

    action: str
    treated: int
    treated_left: int
    control: int
    control_left: int
    agent: str = "Ann"
    type: str = "price"


@dataclass(frozen=True)
class Firm:
    """Paths of what the command reads, and the planned customers with whether they leave."""

    config: Path
    plan: Path
    contacts: Path
    people: pd.DataFrame


def write(
    folder: Path, groups: Sequence[Group], until: datetime | None = None, language: str = "en", **learning: object
) -> Firm:
    """The firm in `folder`; its records end at `until` (default: when the outcome is known).

    The customers of each group live in a region of their own.
    """
    people = pd.concat([_people(group, number) for number, group in enumerate(groups)], ignore_index=True)
    end = until or AS_OF + timedelta(days=HORIZON_DAYS)
    folder.mkdir(parents=True, exist_ok=True)
    people[["customer_id", "region"]].to_csv(folder / "customers.csv", index=False)
    _orders(people).query("occurred_at < @end").to_csv(folder / "orders.csv", index=False)
    _complaints(people).to_csv(folder / "complaints.csv", index=False)
    leaving = people[people["leaves"]].head(None if end > LEFT_AT else 0)
    left = leaving[["customer_id", "type"]].assign(occurred_at=LEFT_AT)
    left.to_csv(folder / "defections.csv", index=False)
    (folder / "firm.yaml").write_text(yaml.safe_dump(_config(end, language) | {"learning": learning}), encoding="utf-8")
    _plan(folder / "plan", people)
    contacts = people[people["arm"] == "treat"][["customer_id", "action", "agent", "cost"]]
    contacts.assign(occurred_at=AS_OF + timedelta(days=3), arm="treat").to_csv(folder / "contacts.csv", index=False)
    return Firm(folder / "firm.yaml", folder / "plan", folder / "contacts.csv", people)


def _people(group: Group, number: int) -> pd.DataFrame:
    size = group.treated + group.control
    arm = ["treat"] * group.treated + ["control"] * group.control
    leaves = [n < group.treated_left for n in range(group.treated)] + [
        n < group.control_left for n in range(group.control)
    ]
    return pd.DataFrame(
        {
            "customer_id": [f"g{number}-{n:05d}" for n in range(size)],
            "arm": arm,
            "region": f"r{number}",
            "action": group.action,
            "agent": [group.agent if one == "treat" else "" for one in arm],
            "defection_type": group.type,
            "type": group.type,
            "cost": 2.0,
            "net_benefit": [float(n % 97) for n in range(size)],
            "leaves": leaves,
            "rules": "",
        }
    )


def _orders(people: pd.DataFrame) -> pd.DataFrame:
    """One purchase in the middle of each 30 days; who leaves buys no more."""
    months = pd.DataFrame({"month": range(-MONTHS_BEFORE, MONTHS_AFTER)})
    every = people[["customer_id", "leaves"]].merge(months, how="cross")
    every["occurred_at"] = AS_OF + pd.to_timedelta(every["month"] * 30 + 15, unit="D")
    bought = every[~(every["leaves"] & (every["occurred_at"] >= LEFT_AT))]
    return bought[["customer_id", "occurred_at"]].assign(amount=MONTHLY)


def _complaints(people: pd.DataFrame) -> pd.DataFrame:
    """Every tenth customer complained before the plan and was answered, some sooner, some later."""
    some = people.iloc[::10][["customer_id"]].reset_index(drop=True)
    opened = AS_OF - pd.to_timedelta(40 + some.index % 20, unit="D")
    resolved = opened + pd.to_timedelta(1 + some.index % 7, unit="D")
    return some.assign(complaint_id=some["customer_id"], opened_at=opened, resolved_at=resolved)


def _plan(folder: Path, people: pd.DataFrame) -> None:
    folder.mkdir(exist_ok=True)
    owed = people.head(1).assign(customer_id="owed", arm="treat", action="answer_complaint", rules="obligation; sla")
    rows = pd.concat([owed, people])[list(COLUMNS)]
    rows.to_parquet(folder / "plan.parquet")
    summary = {"plan_id": "spring", "as_of": AS_OF.isoformat(), "currency": "EUR"}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


def _config(end: datetime, language: str) -> dict[str, object]:
    action = {"channel": "email", "cost": 2.0}
    plan = settings(
        language=language,
        obligations=None,
        actions=[
            {"name": "call", **action, "success": {"price": odds(1, 3), "any": odds(1, 9)}},
            {"name": "letter", **action, "success": {"any": odds(2, 8)}},
        ],
    )
    sources = {name: {"csv": f"{name}.csv"} for name in ("customers", "orders", "complaints", "defections")}
    return {
        "name": "firm",
        "sources": sources,
        "tables": {
            "customers": {"source": "customers"},
            "transactions": {"source": "orders"},
            "complaints": {"source": "complaints"},
            "defections": {"source": "defections"},
        },
        "outcome": {"kind": "cancel", "horizon_days": HORIZON_DAYS},
        "data_until": end.date().isoformat(),
        "money": {
            "margin_share": {"value": MARGIN},
            "replacement_cost": {"value": 20.0},
            "handling_cost": {"value": 5.0},
        },
        "plan": plan.model_dump(mode="json", exclude_none=True),
    }
