"""What the measured model and its baselines said of the test rows: kept with the run, so that versions can be compared.

Customers are numbers made from their ids by a hash; the ids themselves are not kept.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from models.arrays import FloatArray, IntArray
from models.paired import Difference, paired_log_loss
from pipeline import tracking
from pipeline.measured import MODEL, Measured, Risks
from pipeline.store import Store

FILE = "tested_rows.parquet"
KEYS = ["row", "customer", "y"]


@dataclass(frozen=True)
class Pair:
    """Two models on the rows that both were tested on, all (rows,)."""

    y: FloatArray
    model: FloatArray
    other: FloatArray
    customers: IntArray


def tested_rows(evaluation: Measured) -> pd.DataFrame:
    """One line a test row: `row` and `customer` as numbers, `y`, the risk by `model` and by each baseline."""
    return keyed(evaluation.keys, evaluation.y, evaluation.risk)


def keyed(keys: pa.Table, y: FloatArray, risk: Risks) -> pd.DataFrame:
    """The same from the keys (customer_id, and as_of where there is one), the outcome and the risks of rows."""
    ids = keys.to_pandas()
    row, customer = (pd.util.hash_pandas_object(ids[names], index=False) for names in (list(ids), ["customer_id"]))
    return pd.DataFrame({"row": row.to_numpy(), "customer": customer.to_numpy(), "y": y}).assign(**risk)


def against(tested: pd.DataFrame, baseline: str, confidence: float) -> Difference:
    """The model against a baseline on the same rows."""
    return _difference(_pair(tested, baseline), confidence)


def between(tested: pd.DataFrame, other: pd.DataFrame, confidence: float) -> Difference | None:
    """The model against another version's model on the rows that both were tested on; None where there are none."""
    pair = common(tested, other)
    return _difference(pair, confidence) if len(pair.y) else None


def common(tested: pd.DataFrame, other: pd.DataFrame) -> Pair:
    """The models of two versions on the rows that both were tested on, and that had the same outcome in both."""
    both = tested.merge(other[[*KEYS, MODEL]], on=["row", "y"], suffixes=("", "_other"))
    return _pair(both, f"{MODEL}_other")


def baselines(tested: pd.DataFrame) -> list[str]:
    """Names of the baselines."""
    return [name for name in tested.columns if name not in (*KEYS, MODEL)]


def read(folder: Path) -> pd.DataFrame:
    """The table that `write` wrote."""
    return pd.read_parquet(folder / FILE)


def of_version(store: Store, version: int) -> pd.DataFrame | None:
    """Those of a registered version; None where its run kept none."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = tracking.file_of(store, version, FILE, Path(scratch))
        return None if folder is None else read(folder)


def write(evaluation: Measured, folder: Path) -> Path:
    """Write the table into a folder: its path."""
    path = folder / FILE
    tested_rows(evaluation).to_parquet(path, index=False)
    return path


def _pair(tested: pd.DataFrame, other: str) -> Pair:
    customers: IntArray = np.unique(tested["customer"].to_numpy(), return_inverse=True)[1]
    return Pair(tested["y"].to_numpy(), tested[MODEL].to_numpy(), tested[other].to_numpy(), customers)


def _difference(pair: Pair, confidence: float) -> Difference:
    return paired_log_loss(pair.y, pair.model, pair.other, pair.customers, confidence)
