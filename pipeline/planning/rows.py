"""The rows of plan.csv: obligations by deadline, then offers by net benefit, then the hold-out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.planning.candidates import Candidates
from pipeline.planning.follow_up import FOLLOW_UP
from pipeline.planning.offers import Offer, offers
from pipeline.planning.placing import Placed
from pipeline.planning.playbook import Playbook
from pipeline.planning.scores import Scores
from pipeline.planning.settings import Action, PlanSettings
from pipeline.planning.situation import Situation, situations

Floats = npt.NDArray[np.float64]
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
    "sequence",
    "step",
)
TEXTS = tuple(name for name in COLUMNS if name not in ("rank", "date", "step", *NUMBERS))
MOMENT_RULE = "moment_"  # before the name of a moment of truth, in `rules`
OBLIGATION_ACTIONS = {"answer": "answer_complaint", "resolution": "resolve_complaint", FOLLOW_UP: "follow_up_complaint"}


@dataclass(frozen=True)
class Customers:
    """Everything about the scored customers that rows show, aligned with the score table."""

    scores: Scores
    facts: pd.DataFrame
    levels: "pd.Series[str]"
    pairs: Candidates
    playbook: Playbook | None


def plan_rows(customers: Customers, settings: PlanSettings, obligations: pd.DataFrame, placed: Placed) -> pd.DataFrame:
    """The plan with the columns `COLUMNS`. A sequence has two rows, one below the other."""
    booked = [one for appointments in placed.appointments for one in appointments]
    treat = _offer_rows(customers, settings, placed.offers, placed.action[placed.offers], "treat").assign(
        agent=pd.Series([one.owner for one in booked], dtype="str"),
        date=pd.Series([one.date for one in booked], dtype="object"),
        slot=pd.Series([one.slot for one in booked], dtype="str"),
    )
    control = _offer_rows(customers, settings, placed.control, placed.action[placed.control], "control")
    parts = [_obligation_rows(customers, obligations), treat, control.assign(agent="", date=None, slot="")]
    table = pd.concat([part for part in parts if len(part)] or [treat], ignore_index=True)
    texts = {name: table[name].astype("str") for name in TEXTS}
    return table.assign(**texts, rank=np.arange(1, len(table) + 1))[list(COLUMNS)]


@dataclass(frozen=True)
class _Steps:
    """The steps of some customers' offers, one after the other: who (`rows`), which offer, which step of it (0, 1)."""

    rows: Ints
    numbers: Ints
    places: Ints
    chosen: list[Offer]

    @classmethod
    def of(cls, rows: Ints, numbers: Ints, known: tuple[Offer, ...]) -> "_Steps":
        length = np.array([len(offer.steps) for offer in known], dtype=np.int64)[numbers]
        places = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        repeated = np.repeat(numbers, length)
        return cls(np.repeat(rows, length), repeated, places, [known[number] for number in repeated.tolist()])

    @property
    def actions(self) -> list[Action]:
        return [offer.actions[place] for offer, place in zip(self.chosen, self.places.tolist(), strict=True)]

    def saved(self, saved: Floats) -> Floats:
        """Of a sequence the first step saves what it would alone, the second one the rest."""
        first = np.array([offer.steps[0] for offer in self.chosen], dtype=np.int64)
        pair = np.array([len(offer.steps) > 1 for offer in self.chosen], dtype=bool)
        whole, alone = saved[self.rows, self.numbers], saved[self.rows, first]
        return np.where(~pair, whole, np.where(self.places == 0, alone, whole - alone))


def _offer_rows(customers: Customers, settings: PlanSettings, rows: Ints, numbers: Ints, arm: str) -> pd.DataFrame:
    steps = _Steps.of(rows, numbers, offers(settings))
    actions, saved = steps.actions, steps.saved(customers.pairs.saved)
    cost = np.array([action.cost for action in actions], dtype=np.float64)
    table = _shown(customers, steps.rows).assign(
        arm=arm,
        action=pd.Series([action.name for action in actions], dtype="str"),
        channel=pd.Series([action.channel for action in actions], dtype="str"),
        expected_saved=saved,
        cost=cost,
        net_benefit=saved - cost,
        sequence=pd.Series([offer.sequence for offer in steps.chosen], dtype="str"),
        step=steps.places + 1,
    )
    return table.assign(rules=_rules(customers, settings, steps.rows, actions, arm))


def _obligation_rows(customers: Customers, obligations: pd.DataFrame) -> pd.DataFrame:
    ids = customers.scores.frame["customer_id"]
    rows = pd.Series(np.arange(len(ids)), index=ids).reindex(obligations["customer_id"]).to_numpy(dtype=np.int64)
    return _shown(customers, rows, obligations).assign(
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
        sequence="",
        step=1,
    )


def _shown(customers: Customers, rows: Ints, owed: pd.DataFrame | None = None) -> pd.DataFrame:
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


def _talking_points(customers: Customers, rows: Ints, owed: pd.DataFrame | None) -> list[str]:
    if customers.playbook is None:
        return [""] * len(rows)
    stuck = [False] * len(rows) if owed is None else is_stuck(owed["rules"]).tolist()
    now = situations(customers.pairs.top_type.iloc[rows], customers.facts.iloc[rows], owed)
    known: dict[tuple[Situation, bool], str] = {}
    return [
        known.setdefault(one, known.get(one) or customers.playbook.points(*one)) for one in zip(now, stuck, strict=True)
    ]


def is_stuck(rules: "pd.Series[str]") -> "pd.Series[bool]":
    """Whether the three changes were asked for, by the rules of an obligation."""
    return rules.astype("str").str.contains("three_changes|no_other")


def _rules(customers: Customers, settings: PlanSettings, rows: Ints, actions: list[Action], arm: str) -> list[str]:
    facts = customers.facts.iloc[rows]
    preferred = facts["preferred_channel"].notna() & (settings.preferred_channel == "require")
    columns = (preferred.tolist(), facts["days_since_contact"].notna().tolist(), facts["moments"].tolist())
    known: dict[tuple[object, ...], str] = {}
    texts = []
    for action, has_preferred, has_rested, moments in zip(actions, *columns, strict=True):
        key = (action.name, has_preferred, has_rested, moments)
        if key not in known:
            known[key] = _rule_text(action, has_preferred, has_rested, moments, arm)
        texts.append(known[key])
    return texts


def _rule_text(action: Action, preferred: bool, rested: bool, moments: str, arm: str) -> str:
    rules = {
        "hold_out_do_not_contact": arm == "control",
        **{f"{MOMENT_RULE}{name}": True for name in moments.split("; ") if name},
        "preferred_channel": preferred,
        "cool_down_over": rested,
        "for_type": action.types is not None,
        "for_kind": action.kinds is not None,
        "for_risk_band": action.risk_bands is not None,
        "for_grade": action.grades is not None,
        f"from_level_{action.relationship_level}": action.relationship_level is not None,
    }
    return "; ".join(name for name, applies in rules.items() if applies)
