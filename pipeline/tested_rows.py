"""What the measured model and its baselines said of the test rows: kept with the run, so that versions can be compared.

Customers are numbers made from their ids by a hash; the ids themselves are not kept.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from models.arrays import FloatArray, IntArray
from models.paired import Difference, paired_log_loss
from pipeline.evaluation import Evaluation

FILE = "tested_rows.parquet"
MODEL = "model"
KEYS = ["row", "customer", "y"]


def tested_rows(evaluation: Evaluation) -> pd.DataFrame:
    """One line a test row: `row` and `customer` as numbers, `y`, the risk by `model` and by each baseline."""
    return keyed(evaluation.keys, evaluation.y, evaluation.risk)


def keyed(keys: pa.Table, y: FloatArray, risk: Mapping[str, FloatArray]) -> pd.DataFrame:
    """The same from the keys (customer_id, and as_of where there is one), the outcome and the risks of rows."""
    ids = keys.to_pandas()
    row, customer = (pd.util.hash_pandas_object(ids[names], index=False) for names in (list(ids), ["customer_id"]))
    return pd.DataFrame({"row": row.to_numpy(), "customer": customer.to_numpy(), "y": y}).assign(**risk)


def against(tested: pd.DataFrame, baseline: str, confidence: float) -> Difference:
    """The model against a baseline on the same rows."""
    return _difference(tested, tested[baseline].to_numpy(), confidence)


def between(tested: pd.DataFrame, other: pd.DataFrame, confidence: float) -> Difference | None:
    """The model against another version's model on the rows that both were tested on; None where there are none."""
    common = tested.merge(other[[*KEYS, MODEL]], on=["row", "y"], suffixes=("", "_other"))
    return _difference(common, common[f"{MODEL}_other"].to_numpy(), confidence) if len(common) else None


def baselines(tested: pd.DataFrame) -> list[str]:
    """Names of the baselines."""
    return [name for name in tested.columns if name not in (*KEYS, MODEL)]


def read(folder: Path) -> pd.DataFrame:
    """The table that `write` wrote."""
    return pd.read_parquet(folder / FILE)


def write(evaluation: Evaluation, folder: Path) -> Path:
    """Write the table into a folder: its path."""
    path = folder / FILE
    tested_rows(evaluation).to_parquet(path, index=False)
    return path


def _difference(tested: pd.DataFrame, other: FloatArray, confidence: float) -> Difference:
    customers: IntArray = np.unique(tested["customer"].to_numpy(), return_inverse=True)[1]
    return paired_log_loss(tested["y"].to_numpy(), tested[MODEL].to_numpy(), other, customers, confidence)
