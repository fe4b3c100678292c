"""Own speed against the company's at that time: slow for everybody is another thing than slow for this customer."""

from features.aggregates import ratio
from features.history import History
from features.spec import Average, Derived, FeatureSettings

SOURCE = "complaints"
PARTS = {"resolve": ("resolved_at", "to the resolution"), "answer": ("responded_at", "to the first answer")}


def averages(history: History, settings: FeatureSettings, rows: str) -> tuple[Average, ...]:
    """Mean hours over all customers, of complaints opened in the longest window and known to be answered or solved."""
    return tuple(
        Average(f"{part}_hours_mean", rows, f"hf_{part}_hours", settings.longest_days)
        for part, (column, _) in PARTS.items()
        if history.has(SOURCE, column)
    )


def over_company(history: History, settings: FeatureSettings) -> tuple[Derived, ...]:
    """Own mean, own last case, and the oldest open one against the company's mean as known at the snapshot."""
    return tuple(
        derived
        for part, (column, meaning) in PARTS.items()
        if history.has(SOURCE, column)
        for derived in _compared(part, meaning, settings.longest_days)
    )


def _compared(part: str, meaning: str, days: int) -> tuple[Derived, ...]:
    company = f"{{resolution__company_{part}_hours_mean_{days}d}}"
    mean = f"{{resolution__{part}_hours_mean_{days}d}}"
    null = f"none known {meaning} in the window, of the customer or the company"
    whole = f"over the mean of all customers known then, hours {meaning}, complaints of the last {days} days"
    found = [
        Derived(f"{part}_hours_over_company", ratio(mean, company), f"own mean {whole}", "ratio", SOURCE, days, null),
        Derived(
            f"{part}_hours_last_over_company",
            ratio(f"{{resolution__{part}_hours_last}}", company),
            f"last {whole}",
            "ratio",
            SOURCE,
            null=null,
        ),
    ]
    if part == "resolve":
        waiting = ratio("{resolution__open_hours_oldest}", company)
        words = f"wait of the oldest open complaint {whole}"
        found.append(Derived("open_hours_over_company", waiting, words, "ratio", SOURCE, null="nothing is open"))
    return tuple(found)
