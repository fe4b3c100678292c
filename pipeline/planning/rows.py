"""The rows of plan.csv: obligations by deadline, then offers by net benefit, then the hold-out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.planning.candidates import Candidates
from pipeline.planning.placing import Placed
from pipeline.planning.playbook import Playbook
from pipeline.planning.scores import Scores
from pipeline.planning.settings import PlanSettings

Ints = npt.NDArray[np.int64]

NUMBERS = ("risk", "expected_loss", "expected_saved", "cost", "net_benefit")
COLUMNS = (
    "rank",
    "customer_id",
    "arm",
    "action",
    "channel",
    "agent",
    "date",
    "slot",
    "relationship_level",
    "defection_type",
    "risk",
    "expected_loss",
    "expected_saved",
    "cost",
    "net_benefit",
    "reasons",
    "talking_points",
    "rules",
)
TEXTS = tuple(name for name in COLUMNS if name not in ("rank", "date", *NUMBERS))
OBLIGATION_ACTIONS = {"answer": "answer_complaint", "resolution": "resolve_complaint"}


@dataclass(frozen=True)
class Customers:
    """Everything about the scored customers that rows show, aligned with the score table."""

    scores: Scores
    facts: pd.DataFrame
    levels: "pd.Series[str]"
    pairs: Candidates
    playbook: Playbook | None


def plan_rows(customers: Customers, settings: PlanSettings, obligations: pd.DataFrame, placed: Placed) -> pd.DataFrame:
    """The plan with the columns `COLUMNS`."""
    offers = _offer_rows(customers, settings, placed.offers, placed.action[placed.offers], "treat").assign(
        agent=pd.Series([one.owner for one in placed.appointments], dtype="str"),
        date=pd.Series([one.date for one in placed.appointments], dtype="object"),
        slot=pd.Series([one.slot for one in placed.appointments], dtype="str"),
    )
    control = _offer_rows(customers, settings, placed.control, placed.action[placed.control], "control")
    parts = [_obligation_rows(customers, obligations), offers, control.assign(agent="", date=None, slot="")]
    table = pd.concat([part for part in parts if len(part)] or [offers], ignore_index=True)
    texts = {name: table[name].astype("str") for name in TEXTS}
    return table.assign(**texts, rank=np.arange(1, len(table) + 1))[list(COLUMNS)]


def _offer_rows(customers: Customers, settings: PlanSettings, rows: Ints, actions: Ints, arm: str) -> pd.DataFrame:
    chosen = [settings.actions[number] for number in actions]
    saved = customers.pairs.saved[rows, actions]
    cost = np.array([action.cost for action in chosen], dtype=np.float64)
    table = _shown(customers, rows, owed=False).assign(
        arm=arm,
        action=pd.Series([action.name for action in chosen], dtype="str"),
        channel=pd.Series([action.channel for action in chosen], dtype="str"),
        expected_saved=saved,
        cost=cost,
        net_benefit=saved - cost,
    )
    return table.assign(rules=_rules(customers, settings, rows, actions, arm))


def _obligation_rows(customers: Customers, obligations: pd.DataFrame) -> pd.DataFrame:
    ids = customers.scores.frame["customer_id"]
    rows = pd.Series(np.arange(len(ids)), index=ids).reindex(obligations["customer_id"]).to_numpy(dtype=np.int64)
    return _shown(customers, rows, owed=True).assign(
        arm="treat",
        action=obligations["due"].map(OBLIGATION_ACTIONS).astype("str"),
        channel=obligations["channel"].astype("str"),
        agent=obligations["owner"].astype("str"),
        date=obligations["date"],
        slot=obligations["slot"].astype("str"),
        expected_saved=np.nan,
        cost=0.0,
        net_benefit=np.nan,
        rules="obligation; " + obligations["rules"].astype("str"),
    )


def _shown(customers: Customers, rows: Ints, owed: bool) -> pd.DataFrame:
    frame = customers.scores.frame.iloc[rows]
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"].to_numpy(),
            "relationship_level": customers.levels.iloc[rows].to_numpy(),
            "defection_type": customers.pairs.top_type.iloc[rows].to_numpy(),
            "risk": frame["risk"].to_numpy(dtype=np.float64),
            "expected_loss": frame["expected_loss"].fillna(frame["risk"] * frame["loss_if_defect"]).to_numpy(),
            "reasons": customers.scores.reason_texts(rows),
            "talking_points": _talking_points(customers, rows, owed),
        }
    )


def _talking_points(customers: Customers, rows: Ints, owed: bool) -> list[str]:
    if customers.playbook is None:
        return [""] * len(rows)
    facts = customers.facts.iloc[rows]
    situations = zip(
        customers.pairs.top_type.iloc[rows], facts["cause"], facts["complaint_state"], [owed] * len(rows), strict=True
    )
    known: dict[tuple[str, object, str, bool], str] = {}
    return [known.setdefault(one, known.get(one) or customers.playbook.points(*one)) for one in situations]


def _rules(customers: Customers, settings: PlanSettings, rows: Ints, actions: Ints, arm: str) -> list[str]:
    facts = customers.facts.iloc[rows]
    preferred = (facts["preferred_channel"].notna() & (settings.preferred_channel == "require")).to_numpy()
    rested = facts["days_since_contact"].notna().to_numpy()
    texts = []
    for number, has_preferred, has_rested in zip(actions, preferred, rested, strict=True):
        action = settings.actions[number]
        rules = {
            "hold_out_do_not_contact": arm == "control",
            "preferred_channel": bool(has_preferred),
            "cool_down_over": bool(has_rested),
            "for_type": action.types is not None,
            "for_kind": action.kinds is not None,
            "for_risk_band": action.risk_bands is not None,
            f"from_level_{action.relationship_level}": action.relationship_level is not None,
        }
        texts.append("; ".join(name for name, applies in rules.items() if applies))
    return texts
