"""Earlier defections of customers who came back."""

from functools import partial

from features.aggregates import COUNT, last
from features.history import History, quoted
from features.spec import Block, Builder, Feature, FeatureSettings, Group, windowed

SOURCE = "defections"
case = partial(Feature, source=SOURCE, null="never left so far")


class Defections(Builder):
    """How often and how long ago the customer left before, and why the last time."""

    name = "defections"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        count = Feature("count", COUNT, "defections so far", "defections", SOURCE, empty="0")
        days = case("days_since_last", "min(age_days)", "days since the last defection", "days")
        why = tuple(
            case(f"{column}_last", last(quoted(column)), f"{column} of the last defection", "category", kind="category")
            for column in ("reason", "type")
            if history.has(SOURCE, column)
        )
        return Group(self.name, (Block(history.rows(SOURCE), (count, *windowed(settings, count), days, *why)),))
