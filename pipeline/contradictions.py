"""What cannot be true within one table: each rule is a condition on the columns it names, and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.history import quoted
from features.schema import TableShape


@dataclass(frozen=True)
class Rule:
    """Rows of `table` for which `condition` holds contradict themselves; checked where all `columns` exist."""

    table: str
    columns: tuple[str, ...]
    condition: str
    says: str


def _before(table: str, later: str, earlier: str) -> Rule:
    return Rule(table, (later, earlier), f"e.{later} < e.{earlier}", f"{later} before {earlier}")


RULES = (
    _before("complaints", "responded_at", "opened_at"),
    _before("complaints", "resolved_at", "opened_at"),
    _before("complaints", "resolved_at", "responded_at"),
    # Not "reopened before resolved": where resolved_at is the last resolution, a reopening lies before it.
    _before("complaints", "reopened_at", "opened_at"),
    _before("complaints", "rated_at", "opened_at"),
    _before("complaints", "escalated_at", "opened_at"),
    _before("contracts", "ends_at", "starts_at"),
    _before("contracts", "ended_at", "starts_at"),
    _before("contracts", "renewed_at", "known_at"),
    _before("contacts", "outcome_at", "occurred_at"),
    Rule(
        "transactions", ("kind", "amount"), "e.kind = 'purchase' AND e.amount < 0", "a purchase with a negative amount"
    ),
    Rule("transactions", ("kind", "amount"), "e.kind = 'return' AND e.amount > 0", "a return with a positive amount"),
    Rule("contracts", ("price",), "e.price < 0", "a negative price"),
)


def rules_for(shape: TableShape, shapes: Mapping[str, TableShape]) -> list[Rule]:
    """The rules that this table's columns allow, and those that every event table shares."""
    found = [rule for rule in RULES if rule.table == shape.name and shape.has(*rule.columns)]
    if shape.time and shapes["customers"].has("joined_at"):
        time = f"e.{quoted(shape.time)}"
        found.append(Rule(shape.name, (), f"{time} < c.joined_at", f"{shape.time} before the customer joined"))
    return found
