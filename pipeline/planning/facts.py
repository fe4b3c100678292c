"""What the rules of contacting need to know about each scored customer, aligned with the score table."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from pipeline.planning.known import KnownTables
from pipeline.planning.moment_settings import PlanMoment
from pipeline.planning.scores import Scores

SECONDS_A_DAY = 86_400
CONTROL = "control"  # the arm, in the contacts table, of those held out
NEVER = pd.Series([], dtype="datetime64[us]")  # no customer's time


def customer_facts(scores: Scores, known: KnownTables, moments: Mapping[str, PlanMoment] | None = None) -> pd.DataFrame:
    """One row a scored customer, in the order of the scores.

    `consent` and `do_not_contact` (bool), `kind`, `preferred_channel` (text or NA), `days_since_contact` and
    `days_since_held_out` (days, NaN: never), `cause` and `grade` of the latest complaint (text or NA),
    `complaint_state` (none, open, resolved), the `moments` of truth they are in (text, "; " between them) and `weight`
    (the largest of these moments, 1 without).
    """
    ids = scores.frame["customer_id"]
    facts = _attributes(ids, known.customers)
    facts["days_since_contact"] = _days_since(last_contacts(known.contacts), ids, scores.as_of)
    facts["days_since_held_out"] = _days_since(_last_held_out(known.contacts), ids, scores.as_of)
    return facts.join(_last_complaint(ids, known.complaints)).join(_moments(ids, known.moments, moments or {}))


def _moments(ids: "pd.Series[str]", found: pd.DataFrame | None, moments: Mapping[str, PlanMoment]) -> pd.DataFrame:
    if found is None or found.empty:
        return pd.DataFrame({"moments": "", "weight": 1.0}, index=ids.index)
    of_customer = found.assign(weight=found["moment"].map({name: one.weight for name, one in moments.items()}))
    grouped = of_customer.groupby("customer_id", sort=False)
    names, weights = ids.map(grouped["moment"].agg("; ".join)), ids.map(grouped["weight"].max())
    return pd.DataFrame({"moments": names.fillna("").astype("str"), "weight": weights.fillna(1.0)})


def _attributes(ids: "pd.Series[str]", customers: pd.DataFrame | None) -> pd.DataFrame:
    """Consent that is asked for in the table and left blank counts as not given; without the column nobody asked."""
    found = attributes_of(ids, customers)
    consent = found["consent"].fillna(False).astype(bool) if "consent" in found else True
    refuses = found["do_not_contact"].fillna(False).astype(bool) if "do_not_contact" in found else False
    blank = pd.Series(pd.NA, index=ids.index, dtype="str")
    return pd.DataFrame(
        {
            "consent": consent,
            "do_not_contact": refuses,
            "kind": found.get("kind", blank),
            "preferred_channel": found.get("preferred_channel", blank),
        },
        index=ids.index,
    )


def attributes_of(ids: "pd.Series[str]", customers: pd.DataFrame | None) -> pd.DataFrame:
    """The customers' rows in the order of `ids`, without columns where there is no table."""
    if customers is None:
        return pd.DataFrame(index=ids.index)
    rows = customers.drop_duplicates("customer_id").set_index("customer_id")
    return rows.reindex(ids).set_axis(ids.index)


def last_contacts(contacts: pd.DataFrame | None) -> pd.Series:
    """Time of the last contact by customer.

    Hold-out rows are written among the contacts without anybody having been contacted.
    """
    if contacts is None or contacts.empty:
        return NEVER
    return _latest(contacts[contacts["arm"] != CONTROL] if "arm" in contacts else contacts)


def _last_held_out(contacts: pd.DataFrame | None) -> pd.Series:
    """When a plan last held each customer out."""
    if contacts is None or "arm" not in contacts:
        return NEVER
    return _latest(contacts[contacts["arm"] == CONTROL])


def _latest(rows: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(rows["occurred_at"]).groupby(rows["customer_id"]).max()


def _days_since(moments: pd.Series, ids: "pd.Series[str]", as_of: datetime) -> "pd.Series[float]":
    last = moments.reindex(ids).set_axis(ids.index)
    return (pd.Timestamp(as_of) - pd.to_datetime(last)).dt.total_seconds() / SECONDS_A_DAY


def _last_complaint(ids: "pd.Series[str]", complaints: pd.DataFrame | None) -> pd.DataFrame:
    if complaints is None or complaints.empty:
        blank = pd.Series(pd.NA, index=ids.index, dtype="str")
        return pd.DataFrame({"cause": blank, "grade": blank, "complaint_state": "none"}, index=ids.index)
    last = complaints.sort_values("opened_at", kind="stable").drop_duplicates("customer_id", keep="last")
    last = last.set_index("customer_id")
    texts = {name: ids.map(_text(last, name)).astype("str") for name in ("cause", "grade")}
    return pd.DataFrame({**texts, "complaint_state": ids.map(_state(last)).fillna("none").astype("str")})


def _text(rows: pd.DataFrame, column: str) -> "pd.Series[str]":
    return rows[column].astype("str") if column in rows else pd.Series(pd.NA, index=rows.index, dtype="str")


def _state(complaints: pd.DataFrame) -> "pd.Series[str]":
    if "resolved_at" not in complaints:
        return pd.Series("resolved", index=complaints.index, dtype="str")
    resolved = complaints["resolved_at"].notna()
    return resolved.map({True: "resolved", False: "open"})
