"""Transactions: recency, frequency and money (RFM) of purchases and returns."""

from features.history import History
from features.spec import Block, Builder, Feature, FeatureSettings, Group, windowed

SOURCE = "transactions"


class Transactions(Builder):
    """Counts, sums and times of purchases by window."""

    name = "transactions"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has("transactions"):
            return None
        count = Feature("count", "count(*)", "purchases and returns", "transactions", SOURCE, empty="0")
        amount = Feature("amount", "sum(amount)", "money paid", "money", SOURCE, empty="0")
        days = "date_diff('second', max(event_at), any_value(as_of)) / 86400.0"
        recency = Feature("days_since_last", days, "days since the last purchase", "days", SOURCE, null="none so far")
        features = (count, *windowed(settings, count), amount, *windowed(settings, amount), recency)
        return Group(self.name, (Block(history.rows("transactions"), features),))
