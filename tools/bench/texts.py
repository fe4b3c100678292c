"""How well the words of a complaint give its cause: learned from the first two years, tested on the third."""

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from models.text import fit_text_model
from pipeline.simulator import simulate

CUSTOMERS, MONTHS, SEED = 20_000, 36, 1
MOST_LEARNED = 20_000


def complaint_texts() -> dict[str, Any]:
    """Accuracy and log loss out of time beside the commonest cause, by language; texts a processor second."""
    with tempfile.TemporaryDirectory() as scratch:
        simulate(CUSTOMERS, MONTHS, SEED, Path(scratch) / "company", workers=1)
        rows = duckdb.sql(
            f"SELECT opened_at, text, cause FROM '{scratch}/company/complaints/*.parquet' "
            "WHERE text IS NOT NULL AND cause IS NOT NULL ORDER BY ALL"
        ).fetchall()
    cut = _cut(rows)
    known = [row for row in rows if row[0] < cut][-MOST_LEARNED:]
    later = [row for row in rows if row[0] >= cut]
    return {"learned_from": len(known), "tested_on": len(later), "cut": f"{cut:%Y-%m-%d}"} | _measured(known, later)


def _cut(rows: list[tuple[datetime, str, str]]) -> datetime:
    """Two thirds of the way."""
    first, last = rows[0][0], rows[-1][0]
    return first + (last - first) * (2 / 3)


def _measured(known: list[Any], later: list[Any]) -> dict[str, Any]:
    started = time.process_time()
    model = fit_text_model([row[1] for row in known], [row[2] for row in known])
    assert model is not None
    fitted = time.process_time()
    scores = model.scores([row[1] for row in later])
    seconds = time.process_time() - fitted
    cause = np.array([model.causes.index(row[2]) for row in later])
    chinese = np.array([any(c > "\u4e00" for c in row[1]) for row in later])
    right, share = scores.argmax(axis=1) == cause, np.bincount(cause) / len(cause)
    prior = np.bincount([model.causes.index(row[2]) for row in known], minlength=len(model.causes)) / len(known)
    found = {
        "accuracy": float(right.mean()),
        "accuracy_chinese": float(right[chinese].mean()),
        "accuracy_english": float(right[~chinese].mean()),
        "accuracy_commonest": float(share[prior.argmax()]),
        "log_loss": float(-_log_chances(scores)[np.arange(len(cause)), cause].mean()),
        "log_loss_prior": float(-np.log(prior[cause]).mean()),
    }
    figures = {name: round(value, 3) for name, value in found.items()}
    speed = {"fit_seconds": round(fitted - started, 1), "texts_a_processor_second": round(len(later) / seconds)}
    return figures | speed | {"met": found["log_loss"] < found["log_loss_prior"]}


def _log_chances(scores: Any) -> Any:
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
