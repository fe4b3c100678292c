"""The backtest: test periods in order of time, each predicted by a model fitted to what was known when it began."""

from pipeline.pages.axes import name_axis, number_axis
from pipeline.pages.charts import Line
from pipeline.pages.document import Chart, Section, Table, Text
from pipeline.pages.numbers import count, figure, share
from pipeline.reporting.material import Material, cells, column

WORDS = (
    "For each period the model was chosen and fitted again on the snapshots whose outcome was known when the period "
    "began. Where the lines for expected and actual part, the base rate moved after that day: nothing that the model "
    "had been shown says so, and its risks are right in their order only."
)
SHARES, FIGURES = ("train_rate", "mean_risk", "rate"), ("auc", "log_loss", "log_loss_logistic", "log_loss_base_rate")
HEAD = (
    "test period", "training snapshots", "test rows", "defected in training", "expected", "actual", "AUC", "log loss",
    "logistic regression", "base rate",
)  # fmt: skip


def periods(material: Material) -> Section | None:
    """Rates and proper scores by test period; None where there was one period only."""
    table = material.table("backtest")
    if table is None or table.empty:
        return None
    names = [f"{first:%Y-%m-%d} to {last:%Y-%m-%d}" for first, last in zip(table["first"], table["last"], strict=True)]
    columns = [
        *(cells(table[name], count) for name in ("train_snapshots", "rows")),
        *(cells(table[name], share) for name in SHARES),
        *(cells(table[name], figure) for name in FIGURES),
    ]
    places = [float(i) for i in range(len(names))]
    lines = {"defected in training": "train_rate", "expected": "mean_risk", "actual": "rate"}
    values = [value for name in SHARES for value in column(table, name)]
    drawn = Chart(
        "Expected and actual defections by test period",
        f"In the last period {share(column(table, 'mean_risk')[-1])} were expected to defect, "
        f"{share(column(table, 'rate')[-1])} did.",
        name_axis("test period", [name[:10] for name in names]),
        number_axis("defected", values, percent=True),
        [Line(places, column(table, key), style, name) for style, (name, key) in enumerate(lines.items())],
        Table(HEAD, list(zip(names, *columns, strict=True))),
    )
    return Section("Test periods", [Text(WORDS), drawn])
