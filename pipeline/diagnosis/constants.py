"""The constants behind the ledger, each with value, source and status, and the parts of the loss that rest on it."""

from models.money import Figure, Span
from pipeline.diagnosis.result import Row
from pipeline.diagnosis.scope import Scope

MEASURED = "measured: what those who left bought in the periods after, over what they bought before"
IN_DATA = "measured: margin in the transactions"


def defector_share(scope: Scope, still: list[Row]) -> Figure:
    """The share of their purchases that defectors still bring: given, or measured in the data."""
    if scope.money.defector_share is not None:
        return scope.money.defector_share
    before, later = (still[0]["before"], still[0]["later"]) if still else (None, None)
    if not before:
        return Figure(
            value=0.0, source="nobody who left could be watched afterwards: taken as nothing", status="not given"
        )
    return Figure(value=min(1.0, max(0.0, (later or 0.0) / before)), source=MEASURED, status="given")


def constants(scope: Scope, share: Figure) -> list[Row]:
    """One line a constant."""
    return [
        {
            "constant": name,
            "parts": ", ".join(parts),
            "value": figure.value if isinstance(figure, Figure) else None,
            "low": figure.low if isinstance(figure, Span) else None,
            "high": figure.high if isinstance(figure, Span) else None,
            "source": figure.source,
            "status": figure.status,
        }
        for name, figure, parts in _used(scope, share)
    ]


def disputed_parts(scope: Scope) -> set[str]:
    """Parts of the loss that rest on a disputed constant."""
    share = scope.money.defector_share or Figure(value=0.0)
    return {part for _, figure, parts in _used(scope, share) if figure.status == "disputed" for part in parts}


def _used(scope: Scope, share: Figure) -> list[tuple[str, Figure | Span, tuple[str, ...]]]:
    money = scope.money
    margin = money.margin_share
    if scope.has("transactions", "margin"):
        margin = Figure(value=margin.value, source=f"{IN_DATA}; this value where it is missing", status="given")
    sales = ("lost_sales", "lost_profit")
    return [
        ("value_days", scope.settings.value_days, sales),
        ("defector_share", share, sales),
        ("margin_share", margin, ("lost_profit",)),
        ("handling_cost", money.handling_cost, ("handling",)),
        ("replacement_cost", money.replacement_cost, ("replacement",)),
        ("people_told", money.people_told, ("word_of_mouth",)),
        ("lost_per_person_told", money.lost_per_person_told, ("word_of_mouth",)),
        ("new_customer_margin", money.new_customer_margin, ("word_of_mouth",)),
    ]
