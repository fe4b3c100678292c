"""What `holdfast plan` says on the terminal."""

from pathlib import Path

from pipeline.planning.holdout_words import hold_out_says
from pipeline.planning.summary import PlanSummary
from pipeline.text import table


def text(summary: PlanSummary, out: Path) -> str:
    """Who is contacted, what it is worth, what limits it, and who is left out and why."""
    lines = [
        f"holdfast plan {summary.plan_id}: {summary.customers:,} scored customers as of {summary.as_of}",
        f"{summary.contacts:,} contacts, {summary.obligations:,} open complaints come first; "
        f"{summary.held_out:,} customers {hold_out_says(summary)['en']}",
        f"expected to save {summary.expected_saved:,.0f} {summary.currency} at a cost of {summary.cost:,.0f}; net "
        f"{summary.net_benefit:,.0f}{_best(summary)} (gap {summary.gap:.2%})",
        "",
        *table([["limit", "used", "of", f"one more is worth{', weighted' * summary.is_weighted}"], *_limits(summary)]),
        "",
        *table([["not contacted", "customers"], *([k, f"{v:,}"] for k, v in summary.not_contacted.items())]),
        "",
        *table([["same limits spent on", "net benefit"], *([k, f"{v:,.0f}"] for k, v in summary.comparison.items())]),
        *(f"note: {note}" for note in summary.notes),
        f"wrote {out}",
    ]
    return "\n".join(lines)


def _best(summary: PlanSummary) -> str:
    """The bound is about what was maximised: with weighted moments of truth that is not plain money."""
    if summary.is_weighted:
        return f", {summary.objective:,.0f} with the weights of moments, at most {summary.bound:,.0f}"
    return f", at most {summary.bound:,.0f}"


def _limits(summary: PlanSummary) -> list[list[str]]:
    return [
        [name, f"{use.used:,.0f} {use.unit}", f"{use.limit:,.0f}", f"{use.shadow_price:,.2f}"]
        for name, use in summary.capacity_used.items()
    ]
