"""A feature group of a user who reads a table without asking what was known: the leak that a leak check must catch."""

from features.history import History
from features.spec import Block, Builder, Feature, FeatureSettings, Group


class Peeps(Builder):
    """Counts resolutions, also those still to come."""

    name = "peeps"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        rows = (
            "SELECT s.rid, e.resolved_at AS peeped FROM snapshots s "
            "JOIN complaints e ON e.customer_id = s.customer_id AND e.opened_at < s.as_of"
        )
        feature = Feature("resolved", "count(peeped)", "resolved, ever", "complaints", "complaints", empty="0")
        return Group(self.name, (Block(rows, (feature,)),))
