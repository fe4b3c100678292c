"""When customers leave: expected and actual shares by horizon."""

from pipeline.pages.axes import number_axis
from pipeline.pages.charts import Dots, Line
from pipeline.pages.document import Chart, Section, Table, Text
from pipeline.pages.numbers import figure, share
from pipeline.reporting.material import Tested, cells, column

WORDS = (
    "One training gives the whole curve: the risk over the longest horizon times the chance of having left by then, "
    "given that the customer leaves. So no curve of staying rises, and the longest horizon has the risk itself."
)


def horizons(material: Tested) -> Section | None:
    """Expected and actual share of defectors by horizon; None where there is one horizon only."""
    table = material.table("horizons")
    if table is None:
        return None
    days, expected, actual = (column(table, name) for name in ("days", "expected", "actual"))
    names = ("auc", "log_loss", "log_loss_same_curve")
    figures = [[figure(value) for value in column(table, name)] for name in names]
    rows = list(
        zip((f"{day:.0f} days" for day in days), cells(expected, share), cells(actual, share), *figures, strict=True)
    )
    head = ("defected within", "expected", "actual", "AUC", "log loss", "log loss, same curve for all")
    drawn = Chart(
        "Defected by day",
        f"After {days[0]:.0f} days {share(actual[0])} had left, {share(expected[0])} were expected to; after "
        f"{days[-1]:.0f} days {share(actual[-1])} and {share(expected[-1])}.",
        number_axis("days after the snapshot and its lead time", [0.0, *days]),
        number_axis("defected", [*expected, *actual], percent=True),
        [Line([0.0, *days], [0.0, *expected], 0, "expected"), Dots(days, actual, style=1, name="actual")],
        Table(head, rows),
    )
    return Section("When they leave", [Text(WORDS), drawn])
