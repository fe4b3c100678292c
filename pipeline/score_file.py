"""The score file: stable columns in a stable order, Parquet or CSV by suffix, written whole or not at all.

A target without a suffix is a folder of Parquet parts with the same columns, one for each partition of the customers.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from features.errors import UsageError
from pipeline.files import whole

COLUMNS = (
    "customer_id",
    "as_of",
    "status",
    "risk",
    "risk_band",
    "type_price",
    "type_product",
    "type_service",
    "type_self",
    "type_unknown",
    "loss_if_defect",
    "loss_low",
    "loss_high",
    "expected_loss",
    "loss_sales",
    "loss_profit",
    "loss_replacement",
    "loss_word_of_mouth",
    "reasons",
    "model_version",
    "feature_fingerprint",
)
TEXTS = ("customer_id", "status", "risk_band", "model_version", "feature_fingerprint")
NO_REASONS = pa.list_(
    pa.struct([("feature", pa.string()), ("value", pa.string()), ("effect", pa.float64()), ("text", pa.string())])
)


def score_rows(rows: pa.Table, model_version: str, feature_fingerprint: str, more: Sequence[str] = ()) -> pa.Table:
    """The rows as they stand in the score file."""
    for name, text in (("model_version", model_version), ("feature_fingerprint", feature_fingerprint)):
        rows = rows.append_column(name, pa.array([text] * rows.num_rows, pa.string()))
    return rows.select([*COLUMNS, *more]).cast(_schema(more))


def _schema(more: Sequence[str]) -> pa.Schema:
    """Types that do not hang on the rows: a part without anyone at risk has them too."""
    others = {"as_of": pa.timestamp("us"), "reasons": NO_REASONS} | dict.fromkeys(TEXTS, pa.string())
    return pa.schema([(name, others.get(name, pa.float64())) for name in (*COLUMNS, *more)])


def refuse_suffix(out: Path) -> None:
    """Raises UsageError for another suffix than .parquet or .csv, before any work is done; none means a folder."""
    if out.suffix not in WRITERS and not is_folder(out):
        fix = "End it in .parquet or .csv. Without an ending it is a folder of parts."
        raise UsageError("unknown kind of file", where="--out", value=str(out), fix=fix)


def is_folder(out: Path) -> bool:
    """Whether the target is a folder of parts."""
    return not out.suffix


def part_file(folder: Path, partition: int) -> Path:
    """The file of one partition."""
    return folder / f"part-{partition:05d}.parquet"


def write_table(rows: pa.Table, out: Path) -> None:
    """Write a table as its suffix says. Raises UsageError for another suffix than .parquet or .csv."""
    refuse_suffix(out)
    with whole(out) as target:
        WRITERS[out.suffix](rows, target)


def _parquet(rows: pa.Table, target: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(rows, target)


def _csv(rows: pa.Table, target: Path) -> None:
    """Lists (the reasons) stand in one cell as JSON: it begins with a bracket, so no spreadsheet runs it as a formula.

    Ids and categories stay as they are, whatever they begin with: programs read this file, and an id with an
    apostrophe in front is another customer. For people there is plan.csv, which is guarded.
    """
    import duckdb

    from features.levels import literal

    chosen = lists_as_json(rows.schema, "scores")
    with duckdb.connect() as con:
        con.register("scores", rows)
        con.execute(f"COPY ({chosen}) TO {literal(str(target))} (FORMAT csv, HEADER)")


def lists_as_json(schema: pa.Schema, relation: str) -> str:
    """SQL for all columns of a relation, with lists as JSON texts."""
    lists = [field.name for field in schema if pa.types.is_list(field.type)]
    replaced = ", ".join(f"CAST(to_json({name}) AS VARCHAR) AS {name}" for name in lists)
    return f"SELECT * REPLACE ({replaced}) FROM {relation}" if lists else f"FROM {relation}"


WRITERS: Mapping[str, Callable[[pa.Table, Path], None]] = {".parquet": _parquet, ".csv": _csv}
