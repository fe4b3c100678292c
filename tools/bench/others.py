"""18 columns in pandas, in Polars streaming and in featuretools, run by the Python of another environment.

`python others.py FOLDER TOOL` reads transactions, complaints and snapshots as Parquet, and prints one JSON line:
processor and wall-clock seconds without reading, and the sum of each column, so that the caller can compare the values.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

WINDOWS = (30, 90, 180, 365)
TIMES = {"transactions": "occurred_at", "complaints": "opened_at"}
Tables = Mapping[str, Any]


def pandas_features(pd: Any, tables: Tables) -> Any:
    """A join with the snapshots, then one aggregation a window."""
    found = tables["snapshots"].set_index("rid")
    for name, time_column in TIMES.items():
        rows = tables["snapshots"].merge(tables[name], on="customer_id")
        rows = rows[rows[time_column] < rows["as_of"]]
        rows["age"] = (rows["as_of"] - rows[time_column]) / pd.Timedelta(days=1)
        for days in (None, *WINDOWS):
            suffix, part = (f"_{days}d", rows[rows["age"] <= days]) if days else ("", rows)
            grouped = part.groupby("rid")
            found[f"{name}__count{suffix}"] = grouped.size()
            if name == "transactions":
                found[f"{name}__amount{suffix}"] = grouped["amount"].sum()
        whole = rows.groupby("rid")
        found[f"{name}__days_since_last"] = whole["age"].min()
        if name == "transactions":
            found[f"{name}__amount_max"] = whole["amount"].max()
    return found.drop(columns=["customer_id", "as_of"])


def polars_features(pl: Any, tables: Tables) -> Any:
    """One lazy query with filtered aggregates, collected by the streaming engine."""
    found = tables["snapshots"].lazy()
    for name, time_column in TIMES.items():
        age = (pl.col("as_of") - pl.col(time_column)).dt.total_microseconds() / 86_400_000_000
        rows = tables["snapshots"].lazy().join(tables[name].lazy(), on="customer_id")
        rows = rows.filter(pl.col(time_column) < pl.col("as_of")).with_columns(age=age)
        columns = [pl.len().alias(f"{name}__count"), pl.col("age").min().alias(f"{name}__days_since_last")]
        columns += [(pl.col("age") <= w).sum().alias(f"{name}__count_{w}d") for w in WINDOWS]
        if name == "transactions":
            amount = pl.col("amount")
            columns += [amount.sum().alias(f"{name}__amount"), amount.max().alias(f"{name}__amount_max")]
            columns += [amount.filter(pl.col("age") <= w).sum().alias(f"{name}__amount_{w}d") for w in WINDOWS]
        found = found.join(rows.group_by("rid").agg(columns), on="rid", how="left")
    return found.drop("rid", "customer_id", "as_of").collect(engine="streaming")


def featuretools_features(ft: Any, tables: Tables) -> Any:
    """Deep feature synthesis with cut-off times, once for each training window."""
    pd = importlib.import_module("pandas")
    # Cut-off times of featuretools include the moment itself; a microsecond earlier is strictly before.
    cutoffs = tables["snapshots"].rename(columns={"as_of": "time"})[["customer_id", "time", "rid"]]
    cutoffs["time"] -= pd.Timedelta(microseconds=1)
    entities = ft.EntitySet("company")
    entities.add_dataframe(tables["customers"], "customers", index="customer_id")
    for name, time_column in TIMES.items():
        rows = tables[name].assign(row=range(len(tables[name])))
        entities.add_dataframe(rows, name, index="row", time_index=time_column)
        entities.add_relationship("customers", "customer_id", name, "customer_id")
    parts = [_synthesis(ft, entities, cutoffs, days) for days in (None, *WINDOWS)]
    return pd.concat(parts, axis=1)


def _synthesis(ft: Any, entities: Any, cutoffs: Any, days: int | None) -> Any:
    primitives = ["count", "sum"] if days else ["count", "sum", "max", "time_since_last"]
    wanted = {"transactions": ["amount"], "complaints": []}
    found, _ = ft.dfs(
        entityset=entities,
        target_dataframe_name="customers",
        cutoff_time=cutoffs,
        training_window=f"{days} days" if days else None,
        agg_primitives=primitives,
        trans_primitives=[],
        primitive_options={("sum", "max"): {"include_columns": wanted}},
        max_depth=1,
    )
    plain = found.reset_index().set_index("rid").select_dtypes("number")
    return plain.rename(columns=lambda column: f"{column}{f'_{days}d' if days else ''}")


TOOLS: Mapping[str, Callable[[Any, Tables], Any]] = {
    "pandas": pandas_features,
    "polars": polars_features,
    "featuretools": featuretools_features,
}


def main(folder: Path, tool: str) -> dict[str, Any]:
    """Seconds, and the sum of every column by name."""
    module = importlib.import_module(tool)
    reader = module if tool == "polars" else importlib.import_module("pandas")
    names = ("snapshots", "customers", *TIMES)
    tables = {name: reader.read_parquet(folder / f"{name}.parquet") for name in names}
    started, before = time.perf_counter(), time.process_time()
    found = TOOLS[tool](module, tables)
    wall, processor = time.perf_counter() - started, time.process_time() - before
    sums = {str(name): float(found[name].sum()) for name in found.columns}
    return {"tool": tool, "version": module.__version__, "seconds": wall, "processor_seconds": processor, "sums": sums}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
