"""Effects by customer as files, and their use: what each action does to each customer of a snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from features.engine import compute
from features.errors import ModelMismatchError
from features.fingerprint import fingerprint
from features.spec import Group
from models.arrays import FloatArray, Parts, from_json, to_json, under, within
from models.matrix import Columns, encode
from models.relative import RelativeEffects
from models.uplift import EffectModel
from pipeline.config.root import Config
from pipeline.matrix import feature_plan
from pipeline.prepare import Prepared, snapshot_table

FOLDER, MANIFEST = "uplift", "manifest.json"


@dataclass(frozen=True)
class Factors:
    """Factors on the risk by action and type of defection, with the names of both."""

    actions: tuple[str, ...]
    kinds: tuple[str, ...]
    effects: RelativeEffects

    def kept(self, X: FloatArray, scores: pd.DataFrame) -> Mapping[str, FloatArray]:
        """Fall of the risk by action. `scores` (rows,) holds `risk` and, as far as known, `type_<kind>`."""
        missing = np.zeros(len(scores))
        shares = [np.nan_to_num(scores.get(f"type_{kind}", missing)) for kind in self.kinds]
        whole = np.column_stack(shares).astype(np.float64) if shares else np.zeros((len(scores), 0))
        found = self.effects.kept(X, scores["risk"].to_numpy(np.float64), whole)
        return dict(zip(self.actions, found.T, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"actions": self.actions, "kinds": self.kinds, "effects": self.effects.to_dict()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Factors":
        """What `to_dict` gave."""
        effects = RelativeEffects.from_dict(stored["effects"])
        return cls(tuple(stored["actions"]), tuple(stored["kinds"]), effects)


@dataclass(frozen=True)
class UpliftModels:
    """Factors on the risk, or a model for each action, and what the features must be computed with."""

    columns: Columns
    until: datetime
    fingerprint: str
    models: Mapping[str, EffectModel] = field(default_factory=dict)
    factors: Factors | None = None

    def effects(self, table: pa.Table, scores: pd.DataFrame) -> pd.DataFrame:
        """Fall of the chance to defect by action (columns) for each row of the matrix, indexed by customer.

        `scores` are those of the score file, indexed by customer; factors are put on their risk.
        """
        X, ids = encode(table, self.columns), pd.Index(table.column("customer_id").to_pylist(), name="customer_id")
        if self.factors is not None:
            return pd.DataFrame(self.factors.kept(X, scores.reindex(ids)), index=ids)
        return pd.DataFrame({name: model.effect(X) for name, model in self.models.items()}, index=ids)

    def dump(self) -> Parts:
        """Named files of text."""
        manifest = {
            "columns": self.columns.to_dict(),
            "actions": list(self.models),
            "until": self.until.isoformat(),
            "fingerprint": self.fingerprint,
            "factors": self.factors.to_dict() if self.factors else None,
        }
        parts = {MANIFEST: to_json(manifest)}
        for number, model in enumerate(self.models.values()):
            parts |= under(f"action_{number:02d}", model.dump())
        return parts

    @classmethod
    def load(cls, parts: Parts) -> "UpliftModels":
        """What `dump` gave."""
        stored = from_json(parts[MANIFEST])
        models = {
            name: EffectModel.load(within(f"action_{number:02d}", parts))
            for number, name in enumerate(stored["actions"])
        }
        columns, until = Columns.from_dict(stored["columns"]), datetime.fromisoformat(stored["until"])
        factors = Factors.from_dict(stored["factors"]) if stored.get("factors") else None
        return cls(columns, until, stored["fingerprint"], models, factors)


def write_models(models: UpliftModels, folder: Path) -> None:
    """Write the files of the models below `folder`/uplift."""
    for name, content in models.dump().items():
        path = folder / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def read_models(folder: Path) -> UpliftModels:
    """The models below `folder`/uplift."""
    home = folder / FOLDER
    files = {str(path.relative_to(home).as_posix()): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return UpliftModels.load(files)


def effects_of(
    config: Config, data: Prepared, models: UpliftModels, scores: pd.DataFrame, as_of: datetime
) -> pd.DataFrame:
    """The effects of each action on the customers of a score table at a snapshot, from what was known before it.

    Raises ModelMismatchError where the features are no longer those that were learned with.
    """
    features = feature_plan(config, data, models.until)
    now = fingerprint(features.groups, features.settings)
    if now != models.fingerprint:
        fix = "Run `holdfast learn` again, or delete the learned folder."
        raise ModelMismatchError("fingerprint of the effects", trained=models.fingerprint[:16], now=now[:16], fix=fix)
    known = scores.set_index(scores["customer_id"].astype("str"))
    groups = features.at(data, [as_of]).groups
    return pd.concat(data.each_partition(lambda part: _of_partition(data, groups, models, known, as_of, part)))


def _of_partition(
    data: Prepared, groups: Sequence[Group], models: UpliftModels, scores: pd.DataFrame, as_of: datetime, part: int
) -> pd.DataFrame:
    with data.connect(part) as con:
        con.register("asked", pa.table({"customer_id": pa.array(scores.index, pa.string())}))
        con.execute("CREATE TABLE effects_for AS SELECT customer_id FROM customers SEMI JOIN asked USING (customer_id)")
        con.unregister("asked")
        con.execute(snapshot_table("effects_for", [as_of]))
        return models.effects(compute(con, groups), scores)
