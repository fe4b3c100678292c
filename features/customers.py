"""Customer attributes: tenure, and every attribute column as it was known at the snapshot."""

from features.history import History, quoted
from features.schema import CUSTOMERS, DType
from features.spec import Block, Builder, Feature, FeatureSettings, Group

SOURCE = "customers"
NOT_ATTRIBUTES = frozenset({"customer_id", "joined_at", "consent", "do_not_contact"})


class Customers(Builder):
    """Tenure and attributes of enterprises and individuals; a category stays a category."""

    name = "customers"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        features = [*_tenure(history)]
        for column, dtype in history.columns("customers").items():
            if column not in NOT_ATTRIBUTES | settings.excluded:
                features.append(_attribute(column, dtype))
        return Group(self.name, (Block(history.rows("customers"), tuple(features)),)) if features else None


def _tenure(history: History) -> tuple[Feature, ...]:
    if not history.has("customers", "joined_at"):
        return ()
    days = "date_diff('second', min(joined_at), any_value(as_of)) / 86400.0"
    return (Feature("tenure_days", days, "days since joining", "days", SOURCE, null="joining date unknown"),)


def _attribute(column: str, dtype: DType | str) -> Feature:
    """A date becomes its age in days, a flag 0 or 1, a text a category."""
    name, declared = quoted(column), CUSTOMERS.column(column)
    meaning = declared.meaning if declared else f"attribute {column}"
    if dtype == "timestamp":
        age = f"date_diff('second', any_value({name}), any_value(as_of)) / 86400.0"
        return Feature(f"{column}_age_days", age, f"days since {column}", "days", SOURCE, null="missing")
    if dtype == "text":
        return Feature(column, f"any_value({name})", meaning, "category", SOURCE, null="missing", kind="category")
    return Feature(column, f"any_value({name})", meaning, "as given", SOURCE, null="missing")
