"""What moves the risk, which types of defection were expected, and the money."""

import math

from pipeline.pages.axes import name_axis, number_axis
from pipeline.pages.charts import Bars
from pipeline.pages.document import Block, Cell, Chart, Ranking, Section, Table, Text
from pipeline.pages.numbers import count, figure, money, share
from pipeline.reporting.material import Tested, cells, column
from pipeline.reporting.words import LOSS

TOP = 20
CLEAR = 0.5  # rank correlation of value and effect from which a direction is named


def drivers(material: Tested) -> Section:
    """The features with the largest mean absolute effect on the test rows."""
    table = material.evaluation.tables["drivers"].head(TOP)
    effects, directions = column(table, "effect"), column(table, "direction")
    largest = max(effects[0], 1e-300)
    items = [
        (material.meaning(name), f"{name}, {_direction(direction)}", effect / largest, figure(effect))
        for name, effect, direction in zip(table["feature"], effects, directions, strict=True)
    ]
    covered = share(float(table["share"].sum()))
    words = (
        f"Mean absolute contribution in log-odds on test rows; these {len(items)} features carry {covered} of it. "
        "A contribution says what the model uses, not what would happen if the value were changed: customers differ in "
        "more than one thing."
    )
    return Section("What moves the risk", [Text(words), Ranking(("feature", "mean effect"), items)])


def types(material: Tested) -> Section | None:
    """Predicted and actual types among the defectors; None where reasons are not known."""
    table = material.table("types")
    if table is None:
        return None
    predicted, actual = column(table, "predicted"), column(table, "actual")
    places, names = [float(i) for i in range(len(table))], [str(name) for name in table["type"]]
    rows = list(zip(names, cells(predicted, share), cells(actual, share), strict=True))
    drawn = Chart(
        "Types among the defectors",
        f"Most frequent: {names[actual.index(max(actual))]}, {share(max(actual))} of the defectors.",
        name_axis("type", names),
        number_axis("share of defectors", [*predicted, *actual], percent=True),
        [Bars(places, predicted, 0, 0, 2, "predicted"), Bars(places, actual, 1, 1, 2, "actual")],
        Table(("type", "predicted", "actual"), rows),
    )
    return Section("Types of defection", [*_against_prior(material), drawn])


def losses(material: Tested) -> Section | None:
    """Predicted and actual money of those who stayed; None where no money was learned."""
    table = material.table("money")
    model = material.evaluation.predictor.loss
    if table is None or model is None:
        return None
    rows: list[list[Cell]] = [
        [(measure.name, measure.says), measure.shown(material.metric(f"loss.{measure.key}")),
         material.interval(f"loss.{measure.key}", measure.shown)]
        for measure in LOSS
    ]  # fmt: skip
    stated = share(model.revenue.coverage)
    blocks: list[Block] = [
        Text(f"What a customer brings over the horizon, measured on those who stayed. The interval states {stated}."),
        Table(("measure", "model", "95 % interval"), rows),
        _money_chart(material),
        Text(f"A defector still brings {share(model.defector_share)} of what staying would have brought."),
    ]
    return Section("Money", blocks)


def _money_chart(material: Tested) -> Chart:
    table = material.evaluation.tables["money"]
    predicted, actual = column(table, "mean_predicted"), column(table, "mean_actual")
    places, names = [float(i) for i in range(len(table))], cells(table["decile"], count)
    head = ("decile", "rows", "predicted, mean", "actual, mean", "predicted over actual", "inside the interval")
    shown = {
        "customers": count,
        "mean_predicted": money,
        "mean_actual": money,
        "total_ratio": figure,
        "coverage": share,
    }
    columns = [cells(table[name], write) for name, write in shown.items()]
    return Chart(
        "Money of stayers by tenth",
        f"The first tenth was expected to bring {money(predicted[0])} a customer and brought {money(actual[0])}.",
        name_axis("tenth of the stayers, largest prediction first", names),
        number_axis("mean a customer", [*predicted, *actual]),
        [Bars(places, predicted, 0, 0, 2, "predicted"), Bars(places, actual, 1, 1, 2, "actual")],
        Table(head, list(zip(names, *columns, strict=True))),
    )


def _against_prior(material: Tested) -> list[Block]:
    """Whether the type model beats the plain shares."""
    loss, prior = material.metric("type.log_loss"), material.metric("type.log_loss_prior")
    if math.isnan(loss):
        return [Text("Too few typed defections among the test rows to measure the type model.")]
    if material.evaluation.predictor.types.name == "shares":
        return [Text("The data do not tell which type a customer will be: the plain shares are the prediction.")]
    return [Text(f"Log loss {figure(loss)} against {figure(prior)} of the plain shares; lower is better.")]


def _direction(rank_correlation: float) -> str:
    if math.isnan(rank_correlation):
        return "category or no single direction"
    if abs(rank_correlation) < CLEAR:
        return "not in one direction"
    return "higher raises the risk" if rank_correlation > 0 else "higher lowers the risk"
