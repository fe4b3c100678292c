"""Surveys: what the customer said when asked, and whether it is getting worse."""

from functools import partial

from features.aggregates import COUNT, last, mean
from features.history import History
from features.levels import literal, slugs
from features.own_columns import category_columns, own_features
from features.spec import Block, Builder, Derived, Feature, FeatureSettings, Group, windowed

SOURCE = "surveys"
number = partial(Feature, source=SOURCE, unit="answers", empty="0")
score = partial(Feature, source=SOURCE, unit="score", null="no answer so far")


class Surveys(Builder):
    """Counts and scores by window and by kind of survey, the last score and its fall against earlier ones."""

    name = "surveys"

    def level_columns(self, history: History) -> tuple[tuple[str, str], ...]:
        """See `Builder.level_columns`."""
        return category_columns(history, SOURCE, "kind")

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        if not history.has(SOURCE):
            return None
        count, average = number("count", COUNT, "answers given"), score("score_mean", mean("score"), "mean score")
        own = own_features(history, settings, SOURCE, (settings.longest_days,))
        features = (count, *windowed(settings, count), average, *windowed(settings, average), *_scores(), *own)
        blocks = [Block(history.rows(SOURCE), (*features, *_by_kind(history, settings))), _against_before(history)]
        return Group(self.name, tuple(blocks), _derived())


def _scores() -> tuple[Feature, ...]:
    return (
        score("score_last", last("score"), "last score"),
        score("score_min", "min(score)", "lowest score"),
        score("score_max", "max(score)", "highest score"),
        score("days_since_last", "min(age_days)", "days since the last answer", unit="days"),
    )


def _by_kind(history: History, settings: FeatureSettings) -> tuple[Feature, ...]:
    """Scales differ between kinds of survey, so each has its own last score."""
    kinds = slugs(settings.levels.get((SOURCE, "kind"), ()) if history.has(SOURCE, "kind") else ())
    return tuple(
        score(f"score_last_{name}", last("score"), f"last score of kind {kind}", where=f"kind = {literal(kind)}")
        for kind, name in kinds.items()
    )


def _against_before(history: History) -> Block:
    """Each answer beside the one before it of the same kind."""
    kind = ", kind" if history.has(SOURCE, "kind") else ""
    before = f"lag(score) OVER (PARTITION BY rid{kind} ORDER BY event_at, score) AS hf_previous_score"
    rows = f"SELECT *, {before} FROM ({history.rows(SOURCE)}) WHERE score IS NOT NULL"
    fell = "score < hf_previous_score"
    return Block(
        rows,
        (
            score("change_last", last("score - hf_previous_score"), "last score against the one before of its kind"),
            number("falls", COUNT, "scores below the one before of their kind", where=fell),
        ),
    )


def _derived() -> tuple[Derived, ...]:
    return (
        Derived(
            "last_against_mean",
            "{surveys__score_last} - {surveys__score_mean}",
            "last score against the mean of all",
            "score",
            SOURCE,
            null="no answer so far",
        ),
    )
