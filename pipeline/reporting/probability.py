"""Whether the probabilities are right, and what acting on them earns."""

import numpy as np

from models.curves import profit
from models.folds import codes_of
from models.metrics import calibration_noise
from pipeline.measured import MODEL
from pipeline.pages.axes import Axis, number_axis, share_axis
from pipeline.pages.charts import Dots, Layer, Line, Rule
from pipeline.pages.document import Block, Chart, Section, Table, Text
from pipeline.pages.numbers import between, count, figure, money, share
from pipeline.reporting.material import Tested, cells, column

PROFIT_GRID = np.array([0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0])


def calibration(material: Tested) -> Section:
    """Risk against what happened in ten groups of equal size."""
    table = material.evaluation.tables["calibration"]
    risk, rate, low, high = (column(table, name) for name in ("mean_risk", "rate", "low", "high"))
    inside = sum(a <= p <= b for p, a, b in zip(risk, low, high, strict=True))
    axis = number_axis("mean risk", [*risk, *high], percent=True)
    rows = [
        [count(n), share(p), share(r), between(a, b, share)]
        for n, p, r, a, b in zip(column(table, "customers"), risk, rate, low, high, strict=True)
    ]
    drawn = Chart(
        "Calibration",
        f"In {inside} of {len(risk)} groups the mean risk lies inside the interval of what happened. On the dotted "
        "line risk and outcome agree; above it more customers left than predicted.",
        axis,
        Axis("defected", axis.low, axis.high, axis.ticks),
        [Rule((axis.low, axis.low), (axis.high, axis.high)), Dots(risk, rate, low, high)],
        Table(("rows", "mean risk", "defected", "95 % interval"), rows, words=0),
    )
    blocks: list[Block] = [drawn, Text(_by_chance(material))]
    if not material.config.flat:
        blocks.append(
            Text("A customer counts at several snapshots, so these intervals (Wilson) are somewhat too narrow.")
        )
    return Section("Probabilities", blocks)


def _by_chance(material: Tested) -> str:
    evaluation = material.evaluation
    customers = codes_of(evaluation.keys.column("customer_id").to_numpy(zero_copy_only=False))
    chance = calibration_noise(material.y, evaluation.risk[MODEL], customers)
    return (
        f"The calibration error is {figure(material.metric('risk.ece'))}; risks that were right would show about "
        f"{figure(chance)} on as many customers, by chance alone."
    )


def profits(material: Tested) -> Section:
    """Profit of contacting the riskiest, under the config's money figures."""
    base = material.config.money
    made = [(name, profit(material.y, risk, base)) for name, risk in material.compared]
    share_best, best = _best(*made[0][1])
    lines: list[Layer] = [Line(x.tolist(), y.tolist(), style, name) for style, (name, (x, y)) in enumerate(made)]
    rows = [[share(float(at)), *(money(float(np.interp(at, x, y))) for _, (x, y) in made)] for at in PROFIT_GRID]
    at_best = [[name, share(_best(x, y)[0]), money(_best(x, y)[1])] for name, (x, y) in made]
    heights = [float(value) for _, (_, y) in made for value in (y.min(), y.max())]
    drawn = Chart(
        "Profit by share of customers contacted",
        f"Highest when the riskiest {share(share_best)} are contacted: {money(best)} a customer of the whole base. "
        f"Contacting everybody gives {money(float(made[0][1][1][-1]))}.",
        share_axis("customers contacted, riskiest first"),
        number_axis("profit a customer", heights),
        [Rule((0.0, 0.0), (1.0, 0.0)), *lines, Dots([share_best], [best])],
        Table(["contacted", *(name for name, _ in made)], rows),
    )
    words = (
        f"A defector who is contacted accepts with probability {share(base.accept_rate)} and is then kept, worth "
        f"{money(base.customer_value.value)}; the incentive costs {money(base.incentive_cost.value)}, the contact "
        f"{money(base.contact_cost.value)}. Where these figures come from stands under Provenance."
    )
    best_table = Table(("ranked by", "best share to contact", "profit a customer"), at_best)
    if material.config.flat:
        words += " Curve and table pool the folds of one repeat, so they differ a little from the means over the folds."
    return Section("Profit", [Text(words), drawn, best_table, *_captured(material)])


def _captured(material: Tested) -> list[Block]:
    """Money of the defectors among those who come first."""
    table = material.table("captured")
    if table is None:
        return []
    rows = list(zip(*(cells(table[name], share) for name in ("share", "risk", "expected_loss")), strict=True))
    caption = "Share of the loss through all defectors that lies among those who come first"
    return [Table(("customers", "by risk", "by expected loss"), rows, caption)]


def _best(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    highest = int(np.argmax(y))
    return float(x[highest]), float(y[highest])
