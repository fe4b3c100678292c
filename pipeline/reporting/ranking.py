"""How well defectors are told from stayers: ROC, precision and recall, gains, lift by decile."""

from collections.abc import Callable

import numpy as np

from models.arrays import FloatArray
from models.curves import Curve, gains, precision_recall, roc
from pipeline.pages.axes import name_axis, number_axis, share_axis
from pipeline.pages.charts import Bars, Layer, Line, Rule
from pipeline.pages.document import Chart, Section, Table
from pipeline.pages.numbers import count, money, share, times
from pipeline.reporting.material import Tested, cells, column

GRID = np.array([0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0])
DIAGONAL = Rule((0.0, 0.0), (1.0, 1.0), "at random")
Maker = Callable[[FloatArray, FloatArray], Curve]


def ranking(material: Tested) -> Section:
    """Curves of the model and the baselines, lift and the table by decile."""
    return Section(
        "Ranking", [_roc(material), _precision(material), _gains(material), _lift(material), _deciles(material)]
    )


def _lines(material: Tested, curve: Maker) -> list[Layer]:
    made = [(name, curve(material.y, risk)) for name, risk in material.compared]
    return [Line(x.tolist(), y.tolist(), style, name) for style, (name, (x, y)) in enumerate(made)]


def _behind(material: Tested, curve: Maker, head: str) -> Table:
    """The curves' heights at round places."""
    made = [(name, curve(material.y, risk)) for name, risk in material.compared]
    rows = [[share(float(at)), *(share(float(np.interp(at, x, y))) for _, (x, y) in made)] for at in GRID]
    return Table([head, *(name for name, _ in made)], rows)


def _at(material: Tested, curve: Maker, place: float) -> str:
    x, y = curve(material.y, material.evaluation.risk["model"])
    return share(float(np.interp(place, x, y)))


def _roc(material: Tested) -> Chart:
    found = _at(material, roc, 0.1)
    return Chart(
        "ROC curve",
        f"Where the cut-off takes in 10 % of the stayers, it finds {found} of the defectors.",
        share_axis("stayers above the cut-off"),
        share_axis("defectors above the cut-off"),
        [DIAGONAL, *_lines(material, roc)],
        _behind(material, roc, "stayers"),
    )


def _precision(material: Tested) -> Chart:
    rate = float(material.y.mean())
    precision = _at(material, precision_recall, 0.5)
    return Chart(
        "Precision and recall",
        f"Down to where half of the defectors are found, {precision} of the customers defected; overall {share(rate)}.",
        share_axis("defectors found (recall)"),
        share_axis("defectors among those (precision)"),
        [Rule((0.0, rate), (1.0, rate), "at random"), *_lines(material, precision_recall)],
        _behind(material, precision_recall, "recall"),
    )


def _gains(material: Tested) -> Chart:
    tenth, fifth = _at(material, gains, 0.1), _at(material, gains, 0.2)
    return Chart(
        "Gains",
        f"The riskiest 10 % of the customers hold {tenth} of the defectors, the riskiest 20 % hold {fifth}.",
        share_axis("customers, riskiest first"),
        share_axis("defectors among them"),
        [DIAGONAL, *_lines(material, gains)],
        _behind(material, gains, "customers"),
    )


def _lift(material: Tested) -> Chart:
    table = material.evaluation.tables["deciles"]
    lift, names = column(table, "lift"), cells(table["decile"], count)
    places = [float(i) for i in range(len(lift))]
    return Chart(
        "Lift by decile",
        f"From {times(lift[0])} in the riskiest tenth to {times(lift[-1])} in the safest; 1 is the average.",
        name_axis("tenth of the customers, riskiest first", names),
        number_axis("rate over the average", lift),
        [Bars(places, lift), Rule((-0.5, 1.0), (len(lift) - 0.5, 1.0))],
        Table(("decile", "lift"), list(zip(names, cells(lift, times), strict=True))),
    )


def _deciles(material: Tested) -> Table:
    table = material.evaluation.tables["deciles"]
    shown = {
        "decile": ("decile", count),
        "customers": ("rows", count),
        "defectors": ("defected", count),
        "rate": ("rate", share),
        "mean_risk": ("mean risk", share),
        "lift": ("lift", times),
        "captured": ("defectors so far", share),
        "value": ("loss if all left", money),
    }
    kept = {name: words for name, words in shown.items() if name in table}
    columns = [cells(table[name], write) for name, (_, write) in kept.items()]
    return Table(
        [words for words, _ in kept.values()],
        list(zip(*columns, strict=True)),
        "Tenths of the test rows, riskiest first",
    )
