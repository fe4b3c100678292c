"""Defection indicators: signs across tables that a customer is on the way out."""

from collections.abc import Iterable
from functools import partial

from features.aggregates import change, ratio
from features.history import History
from features.spec import Builder, Derived, FeatureSettings, Group

SOURCE = "transactions"
of_rhythm = partial(Derived, source=SOURCE, null="fewer than two purchases")


class Indicators(Builder):
    """Silence against the own rhythm, spending and frequency against the own past, shrinking breadth, mixed signs.

    All are derived from features of other groups; those whose parts the tables do not give are left out.
    """

    name = "indicators"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        """See `Builder.build`."""
        derived = (
            *_rhythm(),
            *_trends(settings),
            *_backsliding(settings),
            *_breadth(settings),
            *_returns(settings),
            *_mixed(settings),
        )
        return Group(self.name, (), derived) if history.tables else None


def _rhythm() -> tuple[Derived, ...]:
    """The present silence against the customer's own gaps.

    P(active): if purchases come at random at the customer's own mean rate (a Poisson process), a silence at least this
    long has probability exp(-silence / mean gap) while the customer is active. A sign, not a calibrated probability.
    """
    silence = "{transactions__days_since_last}"
    mean_gap = "{transactions__gap_mean_days}"
    spread = "{transactions__gap_deviation_days}"
    return (
        of_rhythm("gap_over_usual", ratio(silence, "{transactions__gap_median_days}"), _words("usual gap"), "ratio"),
        of_rhythm("gap_over_mean", ratio(silence, mean_gap), _words("mean gap"), "ratio"),
        of_rhythm("gap_over_longest", ratio(silence, "{transactions__gap_max_days}"), _words("longest gap"), "ratio"),
        of_rhythm(
            "gap_deviations",
            ratio(f"{silence} - {mean_gap}", spread),
            "standard deviations by which the silence exceeds the mean gap",
            "deviations",
        ),
        of_rhythm(
            "active_probability",
            f"exp(-({ratio(silence, mean_gap)}))",
            "probability of a silence this long while active, purchases coming at the own mean rate",
            "probability",
        ),
        of_rhythm("irregularity", ratio(spread, mean_gap), "coefficient of variation of the gaps", "ratio"),
        of_rhythm(
            "last_gap_over_usual",
            ratio("{transactions__gap_last_days}", "{transactions__gap_median_days}"),
            "last gap over the usual one: slowing down",
            "ratio",
        ),
    )


def _words(compared: str) -> str:
    return f"days since the last purchase over the {compared}"


def _trends(settings: FeatureSettings) -> tuple[Derived, ...]:
    """Each window against the equal one before it."""
    parts = {"frequency": "count", "spend": "amount"}
    return tuple(
        Derived(
            f"{what}_change",
            change(f"{{transactions__{part}_{days}d}}", f"{{transactions__{part}_before_{days}d}}"),
            f"change of {what} against the window before, from -1 (stopped) to 1 (new)",
            "change",
            SOURCE,
            days,
            null="nothing in both windows",
        )
        for what, part in parts.items()
        for days in settings.windows_days
    )


def _backsliding(settings: FeatureSettings) -> tuple[Derived, ...]:
    """Spending a day in the window over the own spending a day before it: below 1 the customer slides back."""
    return tuple(_over_baseline(what, part, days) for days in settings.windows_days for what, part in _BASELINES)


_BASELINES = (("spend", "amount"), ("frequency", "count"))


def _over_baseline(what: str, part: str, days: int) -> Derived:
    recent, total = f"{{transactions__{part}_{days}d}}", f"{{transactions__{part}}}"
    earlier_days = f"greatest({{transactions__days_since_first}} - {days}, 0)"
    earlier_rate = ratio(f"{total} - {recent}", earlier_days)
    return Derived(
        f"{what}_over_baseline",
        ratio(f"{recent} / {days}", earlier_rate),
        f"{what} a day over the own {what} a day before the window (below 1: sliding back)",
        "ratio",
        SOURCE,
        days,
        null="nothing before the window",
    )


def _breadth(settings: FeatureSettings) -> tuple[Derived, ...]:
    """Share of the breadth of the longest window that the shorter ones still show."""
    longest = settings.longest_days
    return tuple(
        Derived(
            f"{what}_kept",
            ratio(f"{{transactions__{what}_{days}d}}", f"{{transactions__{what}_{longest}d}}"),
            f"{what} bought in the window over those bought in {longest} days",
            "share",
            SOURCE,
            days,
            null=f"nothing bought in {longest} days",
        )
        for what in ("products", "categories")
        for days in sorted(settings.windows_days)[:-1]
    )


def _returns(settings: FeatureSettings) -> Iterable[Derived]:
    for days in settings.windows_days:
        bought = f"{{transactions__amount_{days}d}} + {{transactions__returned_{days}d}}"
        yield Derived(
            "returned_share",
            ratio(f"{{transactions__returned_{days}d}}", bought),
            "money returned for each unit of money bought",
            "share",
            SOURCE,
            days,
            null="nothing bought in the window",
        )


def _mixed(settings: FeatureSettings) -> tuple[Derived, ...]:
    """Signs that join two tables: an open complaint near the end of a contract, silence after a complaint."""
    shortest = min(settings.windows_days)
    end = "{contracts__days_to_end}"
    near = (
        f"CASE WHEN {end} IS NULL THEN NULL ELSE CAST({end} BETWEEN 0 AND {max(settings.windows_days)} AS INTEGER) END"
    )
    since = "{complaints__days_since_last}"
    return (
        Derived(
            "open_complaint_near_end",
            f"({near}) * {{resolution__open_now}}",
            f"open complaints while cover ends within {max(settings.windows_days)} days",
            "complaints",
            "complaints, contracts",
            null="no known end of cover",
        ),
        Derived(
            "silent_since_complaint",
            f"CAST({since} <= {{transactions__days_since_last}} AS INTEGER)",
            "1 where nothing was bought since the last complaint",
            "yes/no",
            "complaints, transactions",
            null="no complaint or no purchase so far",
        ),
        Derived(
            "complaint_then_contact_unanswered",
            f"{{complaints__count_{shortest}d}} * {{contacts__unanswered_in_a_row}}",
            "recent complaints times contacts unanswered in a row",
            "product",
            "complaints, contacts",
            shortest,
            null="never",
        ),
    )
