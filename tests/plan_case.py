"""A small company for tests of the contact plan: settings, scores, and what was known."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from features.spec import Limit
from pipeline.planning.settings import PlanSettings

AS_OF = datetime(2026, 3, 2)  # a Monday
PRIOR = {"source": "invented", "status": "assumption"}


def odds(a: float, b: float) -> dict[str, Any]:
    return {"a": a, "b": b, **PRIOR}


SLA = {"1": Limit(2, 24), "2": Limit(24, 48, working_time=True)}


def settings(**changes: Any) -> PlanSettings:
    base: dict[str, Any] = {
        "plan_id": "test",
        "period_days": 7,
        "budget": 300,
        "cool_down_days": 30,
        "holdout_share": 0.1,
        "channels": {
            "phone": {"capacity_per_day": 8},
            "letter": {"capacity_per_day": 5},
            "email": {"capacity_per_day": 20, "owner": "desk"},
        },
        "agents": [
            {"name": "Ann", "channels": ["phone"], "skills": ["discount"], "hours_per_day": 2},
            {"name": "Bo", "channels": ["phone", "letter"], "hours_per_day": 1},
        ],
        "actions": [
            {
                "name": "discount",
                "channel": "phone",
                "skill": "discount",
                "cost": 10,
                "minutes": 20,
                "success": {"price": odds(5, 5), "any": odds(1, 9)},
            },
            {"name": "call", "channel": "phone", "cost": 4, "minutes": 15, "success": {"any": odds(2, 8)}},
            {"name": "letter", "channel": "letter", "cost": 2, "minutes": 10, "success": {"any": odds(1, 9)}},
            {"name": "email", "channel": "email", "cost": 0.1, "success": {"any": odds(1, 49)}},
        ],
        "obligations": {"minutes": 30, "default_grade": "2"},
    }
    return PlanSettings.model_validate({**base, **changes})


def scores(customers: int, seed: int = 0, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    types = rng.dirichlet(np.ones(5), customers)
    risk, loss = rng.beta(2, 5, customers), rng.gamma(2.0, 150.0, customers)
    table = pd.DataFrame(
        {
            "customer_id": [f"c{number:05d}" for number in range(customers)],
            "as_of": pd.Timestamp(AS_OF),
            "status": "at_risk",
            "risk": risk,
            "risk_band": np.where(risk > 0.4, "high", "low"),
            **{
                f"type_{name}": types[:, n] for n, name in enumerate(("price", "product", "service", "self", "unknown"))
            },
            "loss_if_defect": loss,
            "expected_loss": risk * loss,
            "loss_profit": loss * 0.4,
            "reasons": [[{"feature": "f", "value": 1.0, "effect": 0.2, "text": "complained twice"}]] * customers,
        }
    )
    return table.assign(**columns)


def complaint(customer_id: str, opened_at: str, **more: Any) -> dict[str, Any]:
    base = {"complaint_id": f"k-{customer_id}", "responded_at": pd.NaT, "resolved_at": pd.NaT, "grade": "2"}
    return {"customer_id": customer_id, "opened_at": pd.Timestamp(opened_at), **base, **more}


def complaints(*rows: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows))
    return table.assign(**{name: pd.to_datetime(table[name]) for name in ("opened_at", "responded_at", "resolved_at")})
