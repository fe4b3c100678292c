"""All models behind one door: a feature table in, score columns out; stored as text, loaded without running code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import expit

from features.errors import ModelMismatchError
from models.additive import Additive
from models.arrays import FloatArray, Parts, from_json, to_json, under, within
from models.blend import Blend
from models.income import two_part
from models.loss import LossModel, Staying, ledger, lifetime
from models.matrix import Columns, as_table, encode
from models.money import MoneySettings
from models.reason_words import Wording, shown_value
from models.reasons import Speaker, top_reasons
from models.timing import Timing
from models.types import TYPES, TypeModel

FORMAT = 2
EXPLAINED_AT_ONCE = 50_000
BASELINES = "baselines.json"
MONEY_COLUMNS = ("expected_revenue", "lifetime_sales", "lifetime_profit")


@dataclass(frozen=True)
class Predictor:
    """Risk, type and loss of each customer, and the reasons.

    `bands` are names with the lowest risk they hold, highest first. `loss` is None where no money was known in
    training: give `known_value` then, or the loss columns are empty. `timing` is None where there is
    one horizon. `baselines` are what the risk is compared with, fitted to the same rows; a model that was stored
    without them has none.
    """

    columns: Columns
    risk: Blend
    types: TypeModel
    loss: LossModel | None
    money: MoneySettings
    bands: tuple[tuple[str, float], ...]
    wordings: Mapping[str, Wording]
    timing: Timing | None = None
    horizon_days: int | None = None
    baselines: Mapping[str, Additive] = field(default_factory=dict)

    def encode(self, table: "pa.Table | pd.DataFrame") -> FloatArray:
        """The matrix (rows, columns) of a feature table. Raises ModelMismatchError where it does not fit."""
        return encode(table, self.columns)

    def predict(self, table: "pa.Table | pd.DataFrame", known_value: FloatArray | None = None) -> pd.DataFrame:
        """One row for each row of the table, in its order.

        Columns: risk, risk_band, type_price ... type_unknown (given defection, summing to 1), loss_if_defect, loss_low,
        loss_high, expected_loss, the ledger's parts, and MONEY_COLUMNS. `known_value` (rows,) is the revenue of a
        stayer where the data hold it. Last, where there are several horizons, the columns of `horizon_columns`.
        """
        X = self.encode(table)
        risk = self.risk_of(X)
        columns: dict[str, Any] = {"risk": risk, "risk_band": self.band(risk)}
        types = self.types.probabilities(X)
        columns |= {f"type_{name}": types[:, i] for i, name in enumerate(TYPES)}
        staying = self._staying(X, known_value)
        columns |= ledger(staying, risk, self.money) | lifetime(staying, risk, self.money, self.horizon_days)
        columns["expected_revenue"] = self._expected_revenue(X, risk, staying)
        return pd.DataFrame(columns | self._by_horizon(X, risk, types))

    @property
    def horizon_columns(self) -> tuple[str, ...]:
        """`risk_<days>d` for each horizon; then, where types are known, `risk_<days>d_<type>`, which sum to it."""
        if self.timing is None:
            return ()
        totals = [f"risk_{days}d" for days in self.timing.horizons]
        parts = [f"{total}_{name}" for total in totals for name in TYPES] if self.types.tells else []
        return (*totals, *parts)

    def risk_by_horizon(self, X: FloatArray) -> FloatArray:
        """The risk until each horizon, shape (rows, horizons): it never falls. Needs `timing`."""
        if self.timing is None:
            raise ValueError("the model has one horizon only")
        return self.risk_of(X)[:, None] * self.timing.by_horizon(X)

    def _by_horizon(self, X: FloatArray, risk: FloatArray, types: FloatArray) -> dict[str, FloatArray]:
        if self.timing is None:
            return {}
        shares = self.timing.by_horizon(X)
        found = list((risk[:, None] * shares).T)
        if self.types.tells:
            incidence = risk[:, None, None] * self.timing.by_type(shares, types)
            found += [incidence[:, k, i] for i in range(shares.shape[1]) for k in range(len(TYPES))]
        return dict(zip(self.horizon_columns, found, strict=True))

    def risk_of(self, X: FloatArray) -> FloatArray:
        """Calibrated risk of each row (rows,)."""
        risk: FloatArray = expit(self.risk.log_odds(X))
        return risk

    def baseline_risks(self, X: FloatArray) -> dict[str, FloatArray]:
        """Risk of each row (rows,) by each baseline."""
        return {name: expit(model.log_odds(X)) for name, model in self.baselines.items()}

    def band(self, risk: FloatArray) -> list[str]:
        """The name of each risk's band."""
        names, lowest = zip(*reversed(self.bands), strict=True)
        positions = np.searchsorted(np.array(lowest), risk, side="right") - 1
        return [names[i] for i in np.maximum(positions, 0).tolist()]

    def reasons(self, table: "pa.Table | pd.DataFrame", top: int = 5, language: str = "en") -> pa.ChunkedArray:
        """At most `top` reasons for each row, largest effect first, as lists of {feature, value, effect, text}."""
        rows = as_table(table)
        speaker = Speaker(self.columns, self.wordings, language)
        return pa.chunked_array([self._explained(part, top, speaker) for part in _pieces(rows)])

    def typical(self) -> pd.DataFrame:
        """One row of features as the typical training customer has them, for examples: nobody's own row."""
        row: dict[str, Any] = {}
        for name in self.columns.names:
            wording = self.wordings.get(name)
            value = np.nan if wording is None or wording.typical is None else wording.typical
            levels = self.columns.levels.get(name)
            row[name] = [float(value)] if levels is None else [shown_value(value, levels)]
        return pd.DataFrame(row)

    def dump(self) -> Parts:
        """Named files of text; nothing in them runs on loading."""
        manifest = {
            "format": FORMAT,
            "columns": self.columns.to_dict(),
            "bands": self.bands,
            "wordings": {name: wording.to_dict() for name, wording in self.wordings.items()},
            "money": self.money.model_dump(mode="json"),
            "loss": self.loss is not None,
            "timing": self.timing is not None,
            "horizon_days": self.horizon_days,
        }
        parts = {"manifest.json": to_json(manifest)}
        parts |= under("risk", self.risk.dump()) | under("types", self.types.dump())
        parts[BASELINES] = to_json({name: model.to_dict() for name, model in self.baselines.items()})
        parts |= under("timing", self.timing.dump()) if self.timing else {}
        return parts | (under("loss", self.loss.dump()) if self.loss else {})

    @classmethod
    def load(cls, parts: Parts) -> "Predictor":
        """What `dump` gave. Raises ModelMismatchError for another format or an unknown kind of model."""
        stored = from_json(parts["manifest.json"])
        if stored["format"] != FORMAT:
            raise ModelMismatchError("format", trained=stored["format"], now=FORMAT, fix="Train again.")
        return cls(
            Columns.from_dict(stored["columns"]),
            Blend.load(within("risk", parts)),
            TypeModel.load(within("types", parts)),
            LossModel.load(within("loss", parts)) if stored["loss"] else None,
            MoneySettings.model_validate(stored["money"]),
            tuple((name, low) for name, low in stored["bands"]),
            {name: Wording(**said) for name, said in stored["wordings"].items()},
            Timing.load(within("timing", parts)) if stored.get("timing") else None,
            stored.get("horizon_days"),
            {name: Additive.from_dict(found) for name, found in from_json(parts.get(BASELINES, b"{}")).items()},
        )

    def _expected_revenue(self, X: FloatArray, risk: FloatArray, staying: Staying) -> FloatArray:
        """Where the data hold the value of staying, that value counts."""
        if self.loss is None or staying.known_before:
            return two_part(risk, staying.revenue, staying.defector_share)
        return self.loss.expected_revenue(X, risk, staying)

    def _staying(self, X: FloatArray, known_value: FloatArray | None) -> Staying:
        if known_value is not None:
            return Staying.known(np.asarray(known_value, dtype=np.float64))
        return self.loss.staying(X) if self.loss else Staying.known(np.full(len(X), np.nan))

    def _explained(self, rows: pa.Table, top: int, speaker: Speaker) -> pa.ListArray:
        X = self.encode(rows)
        return top_reasons(self.risk.contributions(X), X, speaker, top=top)


def _pieces(rows: pa.Table) -> list[pa.Table]:
    """Contributions are as large as the matrix, so they are made piece by piece."""
    return [rows.slice(start, EXPLAINED_AT_ONCE) for start in range(0, max(rows.num_rows, 1), EXPLAINED_AT_ONCE)]
