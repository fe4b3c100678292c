"""The follow-up of a resolved complaint: somebody asks whether the solution held, unless there was a contact since."""

from datetime import datetime

import pandas as pd

from features.contacts import UNREACHED
from pipeline.planning.facts import last_contacts
from pipeline.planning.known import KnownTables
from pipeline.planning.obligations import COLUMNS, complete, is_escalated, most_urgent_first, was_reopened
from pipeline.planning.settings import PlanSettings

FOLLOW_UP = "follow_up"


def with_follow_ups(opened: pd.DataFrame, known: KnownTables, plan: PlanSettings, as_of: datetime) -> pd.DataFrame:
    """The open complaints, and the follow-ups of customers who have none open, most urgent first."""
    asked = follow_ups(known, plan, as_of)
    asked = asked[~asked["customer_id"].isin(opened["customer_id"])]
    return most_urgent_first(pd.concat([opened, asked])) if len(asked) else opened


def follow_ups(known: KnownTables, plan: PlanSettings, as_of: datetime) -> pd.DataFrame:
    """Resolved complaints of which nobody has asked yet whether the solution held, with the columns `COLUMNS`.

    An attempt that did not reach the customer has asked nothing. Customers who want no contact, or refused their
    consent, are not called for this; a blank consent is no refusal, because what is asked belongs to their complaint.
    """
    settings = plan.obligations.follow_up if plan.obligations else None
    if settings is None or known.complaints is None or "resolved_at" not in known.complaints:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = complete(known.complaints)
    age = pd.Timestamp(as_of) - rows["resolved_at"]
    rows = rows[(age <= pd.Timedelta(days=settings.ignore_after_days)) & ~was_reopened(rows)]
    rows = rows.sort_values(["resolved_at", "complaint_id"], kind="stable").drop_duplicates("customer_id", keep="last")
    spoken = last_contacts(_reached(known.contacts)).reindex(rows["customer_id"]).set_axis(rows.index)
    rows = rows[~(spoken > rows["resolved_at"]) & ~rows["customer_id"].isin(_refusing(known.customers))]
    deadline = rows["resolved_at"] + pd.Timedelta(days=settings.within_days)
    rows = rows.assign(due=FOLLOW_UP, stuck=False, minutes=settings.minutes, handled_at=rows["resolved_at"])
    rows = rows.assign(deadline=deadline, escalated=is_escalated(rows), grade=rows["grade"].fillna(""))
    return most_urgent_first(rows)


def _reached(contacts: pd.DataFrame | None) -> pd.DataFrame | None:
    if contacts is None or "outcome" not in contacts:
        return contacts
    return contacts[contacts["outcome"].fillna("") != UNREACHED]


def _refusing(customers: pd.DataFrame | None) -> "pd.Series[str]":
    if customers is None:
        return pd.Series([], dtype="str")
    no = pd.Series(False, index=customers.index)
    for column, refusal in (("do_not_contact", True), ("consent", False)):
        if column in customers:
            no |= customers[column].fillna(not refusal).astype(bool) == refusal
    return customers.loc[no, "customer_id"].astype("str")
