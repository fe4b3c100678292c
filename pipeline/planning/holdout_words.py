"""The hold-out in words: both of its numbers, said alike wherever a person reads of it."""

from collections.abc import Mapping

from pipeline.planning.summary import PlanSummary

SAYS: Mapping[str, str] = {
    "en": "held out by chance; {rows} of them would have been contacted",
    "zh": "位客户随机留作对照，其中 {rows} 位本会被联系",
}


def hold_out_says(summary: PlanSummary) -> Mapping[str, str]:
    """What follows the number of customers drawn (`summary.held_out`), by language."""
    return {language: says.format(rows=f"{summary.hold_out:,}") for language, says in SAYS.items()}
