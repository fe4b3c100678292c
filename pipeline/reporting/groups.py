"""How the model does in each segment, and what it means for protected groups."""

import pandas as pd

from pipeline.pages.document import Block, Cell, Section, Table, Text
from pipeline.pages.numbers import between, count, figure, share
from pipeline.reporting.material import Tested

HEAD = (
    "group", "rows", "defected", "mean risk", "predicted over actual", "AUC", "selected", "defectors found",
    "money ratio",
)  # fmt: skip
WORDS = (
    "Shown are groups of at least 30 test rows, with 95 % intervals by customers; the money ratio is expected over "
    "actual revenue. Unequal rates of selection follow from unequal risks where predicted over actual is near 1 in "
    "each group; where it is not, the model treats groups differently from what happened."
)
KINDS = {"segments": "By {}", "protected": "Protected: {}"}


def groups(material: Tested) -> Section | None:
    """A table for each column of the segments and protected attributes; None where the config names neither."""
    blocks: list[Block] = []
    for name, caption in KINDS.items():
        table = material.table(name)
        for column, part in [] if table is None else table.groupby("column", sort=False):
            blocks.append(Table(HEAD, _rows(part), caption.format(column)))
    if not blocks:
        return None
    chosen = share(material.config.validation.contacted_share)
    says = f"Selected is who belongs to the riskiest {chosen} of all test rows. {WORDS}"
    return Section("Groups of customers", [Text(says), *blocks])


def _rows(table: pd.DataFrame) -> list[list[Cell]]:
    return [
        [
            str(row["group"]),
            count(row["rows"]),
            share(row["rate"]),
            share(row["mean_risk"]),
            *((write(row[name]), between(row[f"{name}.low"], row[f"{name}.high"], write)) for name, write in SHOWN),
            figure(row["money_ratio"]),
        ]
        for row in table.to_dict("records")
    ]


SHOWN = (("total_ratio", figure), ("auc", figure), ("selected", share), ("found", share))
