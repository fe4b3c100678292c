"""How the model does in each segment, and what it means for protected groups."""

import pandas as pd

from pipeline.pages.document import Block, Cell, Section, Table, Text
from pipeline.pages.numbers import between, count, figure, share
from pipeline.reporting.material import Material

HEAD = (
    "column", "group", "rows", "defected", "mean risk", "predicted over actual", "AUC", "selected", "defectors found",
    "money, predicted over actual",
)  # fmt: skip
WORDS = (
    "Groups that share a name hold at least 30 test rows. Unequal rates of selection follow from unequal risks where "
    "predicted over actual is near 1 in each; where it is not, the model treats groups differently from what happened."
)


def groups(material: Material) -> Section | None:
    """A table for segments and one for protected attributes; None where the config names neither."""
    blocks: list[Block] = []
    for name, caption in (("segments", "By segment"), ("protected", "Protected attributes")):
        table = material.table(name)
        if table is not None and len(table):
            blocks.append(Table(HEAD, _rows(table), caption, words=2))
    if not blocks:
        return None
    chosen = share(material.config.validation.contacted_share)
    says = f"Selected is who belongs to the riskiest {chosen} of all test rows. {WORDS}"
    return Section("Groups of customers", [Text(says), *blocks])


def _rows(table: pd.DataFrame) -> list[list[Cell]]:
    return [
        [
            str(row["column"]),
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
