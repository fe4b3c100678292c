"""Customer attributes: tenure, and every attribute column as it was known at the snapshot."""

from features.aggregates import days_between
from features.history import History, quoted
from features.levels import slugs
from features.schema import CUSTOMERS
from features.spec import Block, Builder, Feature, FeatureSettings, Group

SOURCE = "customers"
NOT_ATTRIBUTES = frozenset({"customer_id", "joined_at", "consent", "do_not_contact"})


class Customers(Builder):
    """Tenure and attributes of enterprises and individuals; a category stays a category."""

    name = "customers"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        names = slugs(set(history.columns(SOURCE)) - NOT_ATTRIBUTES - settings.excluded)
        attributes = (_attribute(column, names[column], history.columns(SOURCE)[column]) for column in sorted(names))
        features = (*_tenure(history), *attributes)
        return Group(self.name, (Block(history.rows(SOURCE), features),)) if features else None


def _tenure(history: History) -> tuple[Feature, ...]:
    if not history.has(SOURCE, "joined_at"):
        return ()
    days = days_between("min(joined_at)", "any_value(as_of)")
    return (Feature("tenure_days", days, "days since joining", "days", SOURCE, null="joining date unknown"),)


def _attribute(column: str, name: str, dtype: str) -> Feature:
    """A date becomes its age in days, a flag 0 or 1, a text a category.

    `customers` has one row a customer, so max only says which row it is, not which value wins.
    """
    value, declared = f"max({quoted(column)})", CUSTOMERS.column(column)
    meaning = declared.meaning if declared else column
    if dtype == "timestamp":
        age = days_between(value, "any_value(as_of)")
        return Feature(f"{name}_age_days", age, f"days since {column}", "days", SOURCE, null="missing")
    if dtype == "text":
        return Feature(name, value, meaning, "category", SOURCE, null="missing", kind="category")
    return Feature(name, value, meaning, "yes/no" if dtype == "flag" else "as given", SOURCE, null="missing")
