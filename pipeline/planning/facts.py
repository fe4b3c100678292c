"""What the rules of contacting need to know about each scored customer, aligned with the score table."""

import pandas as pd

from pipeline.planning.known import KnownTables
from pipeline.planning.scores import Scores

SECONDS_A_DAY = 86_400


def customer_facts(scores: Scores, known: KnownTables) -> pd.DataFrame:
    """One row a scored customer, in the order of the scores.

    `consent` and `do_not_contact` (bool), `kind`, `preferred_channel` (text or NA), `days_since_contact` (days, NaN:
    never), `cause` of the latest complaint and `complaint_state` (none, open, resolved).
    """
    ids = scores.frame["customer_id"]
    facts = _attributes(ids, known.customers)
    facts["days_since_contact"] = _days_since_contact(ids, known.contacts, pd.Timestamp(scores.as_of))
    facts["cause"], facts["complaint_state"] = _last_complaint(ids, known.complaints)
    return facts


def _attributes(ids: "pd.Series[str]", customers: pd.DataFrame | None) -> pd.DataFrame:
    """Consent that is asked for in the table and left blank counts as not given; without the column nobody asked."""
    found = pd.DataFrame(index=ids.index) if customers is None else _of_customers(ids, customers)
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


def _of_customers(ids: "pd.Series[str]", customers: pd.DataFrame) -> pd.DataFrame:
    rows = customers.drop_duplicates("customer_id").set_index("customer_id")
    return rows.reindex(ids).set_axis(ids.index)


def _days_since_contact(
    ids: "pd.Series[str]", contacts: pd.DataFrame | None, as_of: pd.Timestamp
) -> "pd.Series[float]":
    """Hold-out rows are written among the contacts without anybody having been contacted."""
    if contacts is None or contacts.empty:
        return pd.Series(float("nan"), index=ids.index)
    real = contacts[contacts["arm"] != "control"] if "arm" in contacts else contacts
    last = real.groupby("customer_id")["occurred_at"].max().reindex(ids).set_axis(ids.index)
    return (as_of - pd.to_datetime(last)).dt.total_seconds() / SECONDS_A_DAY


def _last_complaint(
    ids: "pd.Series[str]", complaints: pd.DataFrame | None
) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    if complaints is None or complaints.empty:
        return pd.Series(pd.NA, index=ids.index, dtype="str"), pd.Series("none", index=ids.index, dtype="str")
    last = complaints.sort_values("opened_at", kind="stable").drop_duplicates("customer_id", keep="last")
    last = last.set_index("customer_id")
    cause = last["cause"].astype("str") if "cause" in last else pd.Series(pd.NA, index=last.index, dtype="str")
    return ids.map(cause).astype("str"), ids.map(_state(last)).fillna("none").astype("str")


def _state(complaints: pd.DataFrame) -> "pd.Series[str]":
    if "resolved_at" not in complaints:
        return pd.Series("resolved", index=complaints.index, dtype="str")
    resolved = complaints["resolved_at"].notna()
    return resolved.map({True: "resolved", False: "open"})
