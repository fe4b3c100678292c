"""What was predicted, for whom, and how it was tested."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from models.arrays import FloatArray
from models.intervals import wilson
from pipeline.pages.axes import name_axis, number_axis
from pipeline.pages.charts import Dots
from pipeline.pages.document import Block, Chart, Section, Table, Text
from pipeline.pages.numbers import between, count, share
from pipeline.reporting.material import Material
from pipeline.reporting.words import STATUSES, outcome_words, window_words

USES = {0: "training", 1: "test", 3: "neither"}  # by style


def question(material: Material) -> Section:
    """The outcome in words, the snapshots with who was at risk and how many defected, the protocol."""
    outcome = material.config.outcome
    blocks: list[Block] = [Text(f"{outcome_words(outcome)} {window_words(outcome)}")]
    if outcome.min_tenure_days:
        blocks.append(Text(f"Customers known for fewer than {outcome.min_tenure_days} days are too new to be scored."))
    blocks.append(Text(f"Protocol: {material.evaluation.protocol}."))
    if not material.config.flat:
        blocks.append(_rates(material))
    return Section("What was predicted", [*blocks, _snapshots(material)])


def labels(material: Material) -> dict[datetime, FloatArray]:
    """The outcomes (rows,) of each snapshot, in order of time."""
    days = np.array(material.found.rows.column("as_of").to_pylist(), dtype=object)
    defected = np.asarray(material.found.rows.column("defected").to_numpy(zero_copy_only=False), dtype=np.float64)
    return {day: defected[days == day] for day in sorted(set(days.tolist()))}


def _use(material: Material, day: datetime) -> str:
    name = f"{day:%Y-%m-%d}"
    snapshots = material.manifest.snapshots
    if name in snapshots["train"]:
        return "folds" if name in snapshots["test"] else "training"
    return "test" if name in snapshots["test"] else "neither"


def _rates(material: Material) -> Chart:
    found = labels(material)
    names = [f"{day:%Y-%m-%d}" for day in found]
    rates = [float(y.mean()) for y in found.values()]
    lows, highs = wilson([y.sum() for y in found.values()], [len(y) for y in found.values()])
    layers = []
    for style, use in USES.items():
        at = [i for i, day in enumerate(found) if _use(material, day) == use]
        if at:
            layers.append(Dots(at, [rates[i] for i in at], lows[at].tolist(), highs[at].tolist(), style, use))
    rows = [(name, share(rates[i]), between(lows[i], highs[i], share)) for i, name in enumerate(names)]
    lowest, highest = min(rates), max(rates)
    return Chart(
        "Share of customers at risk who defected, by snapshot",
        f"Between {share(lowest)} and {share(highest)}; the lines are 95 % intervals (Wilson). Snapshots for neither "
        "use lie between: their outcome windows reach into the test.",
        name_axis("snapshot", names),
        number_axis("defected", highs.tolist(), percent=True),
        layers,
        Table(("snapshot", "defected", "95 % interval"), rows),
    )


def _snapshots(material: Material) -> Table:
    """Who was at risk, who was not, and how many defected, at each snapshot."""
    counted = Counter(material.found.statuses)
    kinds = [kind for kind in STATUSES if any(status == kind for _, status in counted)]
    found = labels(material)
    rows = [
        [f"{day:%Y-%m-%d}", _use(material, day), *_counts(counted, day, kinds), count(y.sum()), share(float(y.mean()))]
        for day, y in found.items()
    ]
    if material.config.flat:
        rows = [row[2:] for row in rows]
    first = [] if material.config.flat else ["snapshot", "used for"]
    head = [*first, *(STATUSES[kind] for kind in kinds), "defected", "rate"]
    return Table(head, rows, "Customers by status", words=len(first), folded=len(rows) > 6)


def _counts(counted: Counter[tuple[datetime, str]], day: datetime, kinds: Sequence[str]) -> list[str]:
    return [count(counted[day, kind]) for kind in kinds]
