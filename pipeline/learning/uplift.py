"""Effects by customer: learned where there are enough randomised contacts, kept where they are shown to be real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from features.engine import compute
from features.errors import ModelMismatchError
from features.fingerprint import fingerprint
from features.spec import Group
from models.arrays import FloatArray, Parts, from_json, to_json, under, within
from models.matrix import Columns, encode, fit_columns
from models.trial import difference
from models.uplift import (
    LEARNERS,
    EffectModel,
    TrialRows,
    UpliftShape,
    calibrate,
    choose_ranking,
    fit_effect,
)
from models.uplift_metrics import uplift_scores
from pipeline.config.root import Config
from pipeline.learning.randomised import Randomised
from pipeline.learning.settings import LearningConfig
from pipeline.learning.uplift_result import Interval, RankingScore, UpliftResult
from pipeline.matrix import feature_plan
from pipeline.prepare import Prepared, snapshot_table

FOLDER, MANIFEST = "uplift", "manifest.json"
SHAPES = {"short": UpliftShape(trees=30), "long": UpliftShape(trees=100)}
FEWEST = 200  # contacts of an action in the smaller arm; with fewer nothing is learned about it


@dataclass(frozen=True)
class UpliftModels:
    """A model for each action, and what the features must be computed with."""

    columns: Columns
    models: Mapping[str, EffectModel]
    until: datetime
    fingerprint: str

    def effects(self, table: pa.Table) -> pd.DataFrame:
        """Fall of the chance to defect by action (columns) for each row, indexed by customer."""
        X = encode(table, self.columns)
        found = {name: model.effect(X) for name, model in self.models.items()}
        return pd.DataFrame(found, index=pd.Index(table.column("customer_id").to_pylist(), name="customer_id"))

    def dump(self) -> Parts:
        """Named files of text."""
        manifest = {
            "columns": self.columns.to_dict(),
            "actions": list(self.models),
            "until": self.until.isoformat(),
            "fingerprint": self.fingerprint,
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
        columns = Columns.from_dict(stored["columns"])
        return cls(columns, models, datetime.fromisoformat(stored["until"]), stored["fingerprint"])


def learn_effects(found: Randomised, rules: LearningConfig) -> tuple[UpliftResult, UpliftModels] | None:
    """Compare the rankings, choose one, and fit it for each action; None where no action has enough contacts."""
    columns = fit_columns(found.table, {entry.name: entry.kind for entry in found.features.entries})
    X, actions, treated = encode(found.table, columns), found.actions, found.treated
    parts: dict[str, TrialRows] = {}
    for name in sorted(set(actions)):
        own = np.asarray(actions == name, dtype=bool)
        if min((own & treated).sum(), (own & ~treated).sum()) >= FEWEST:
            parts[name] = TrialRows(
                X[own], found.defected[own], treated[own], found.customers[own], -1, columns.categories
            )
    if not parts:
        return None
    choice, unseen = choose_ranking(list(parts.values()), SHAPES, folds=rules.folds, seed=rules.seed)
    models = {
        name: fit_effect(choice.name, choice.shape, rows, scores)
        for (name, rows), scores in zip(parts.items(), unseen[choice.name], strict=True)
    }
    result = _result(parts, choice.name, unseen, rules)
    mark = fingerprint(found.features.groups, found.features.settings)
    return result, UpliftModels(columns, models, found.until, mark)


def _result(
    parts: Mapping[str, TrialRows], chosen: str, unseen: Mapping[str, list[FloatArray]], rules: LearningConfig
) -> UpliftResult:
    rows = list(parts.values())
    whole = _joined(rows)
    best = {name: _best_of(name, chosen, unseen, rows) for name in LEARNERS}
    scored = {name: uplift_scores(*whole[:2], _worth(rows, unseen[full]), whole[2]) for name, full in best.items()}
    return UpliftResult(
        contacts=len(whole[0]),
        customers=len(np.unique(whole[2])),
        actions=tuple(parts),
        rankings=tuple(
            RankingScore(name=best[name], **{key: Interval(**vars(one)) for key, one in figures.items()})
            for name, figures in scored.items()
        ),
        chosen=chosen,
        **_effect(rows, unseen[chosen], rules, len(unseen)),
    )


def _best_of(learner: str, chosen: str, unseen: Mapping[str, list[FloatArray]], rows: list[TrialRows]) -> str:
    """The shape shown for a learner: the chosen one, else the first."""
    mine = [name for name in unseen if name.partition("/")[0] == learner]
    return chosen if chosen in mine else mine[0]


def _joined(rows: list[TrialRows]) -> "tuple[FloatArray, np.ndarray, np.ndarray]":
    return (
        np.concatenate([part.gains for part in rows]),
        np.concatenate([part.treated for part in rows]),
        np.concatenate([part.customers for part in rows]),
    )


def _worth(rows: list[TrialRows], unseen: list[FloatArray]) -> FloatArray:
    """Effects as chances, so that the contacts of all actions stand in one ranking."""
    return np.concatenate([calibrate(part, score).effect(score) for part, score in zip(rows, unseen, strict=True)])


def _effect(rows: list[TrialRows], unseen: list[FloatArray], rules: LearningConfig, tried: int) -> dict[str, object]:
    """What contact did to those with a positive effect by the rest of the data; the level allows for the choice made.

    The calibration of a half of the customers comes from the other half, so nobody is judged by their own outcome.
    """
    gains, treated, strata = [], [], []
    for number, (part, score) in enumerate(zip(rows, unseen, strict=True)):
        half = part.customers % 2 == 0
        effect = np.empty(len(score))
        for mine in (half, ~half):
            effect[mine] = calibrate(part.take(~mine), score[~mine]).effect(score[mine])
        gains.append(part.gains[effect > 0])
        treated.append(part.treated[effect > 0])
        strata.append(np.full(int((effect > 0).sum()), number))
    level = 1 - (1 - rules.level) / tried
    y, t, s = np.concatenate(gains), np.concatenate(treated), np.concatenate(strata)
    if not t.any() or t.all():
        return {"effect": Interval(value=0.0, low=0.0, high=0.0), "claimed": False}
    made = difference(y, t, s, level=level)
    return {"effect": Interval(value=made.difference, low=made.low, high=made.high), "claimed": made.low > 0}


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
    config: Config, data: Prepared, models: UpliftModels, customers: "pd.Series[str]", as_of: datetime
) -> pd.DataFrame:
    """The effects of each action on customers at a snapshot, from what was known before it.

    Raises ModelMismatchError where the features are no longer those that were learned with.
    """
    features = feature_plan(config, data, models.until)
    now = fingerprint(features.groups, features.settings)
    if now != models.fingerprint:
        fix = "Run `holdfast learn` again, or delete the learned folder."
        raise ModelMismatchError("fingerprint of the effects", trained=models.fingerprint[:16], now=now[:16], fix=fix)
    asked = pa.table({"customer_id": pa.array(customers.astype("str"), pa.string())})
    groups = features.at(data, [as_of]).groups
    return pd.concat(data.each_partition(lambda part: _of_partition(data, groups, models, asked, as_of, part)))


def _of_partition(
    data: Prepared, groups: Sequence[Group], models: UpliftModels, asked: pa.Table, as_of: datetime, part: int
) -> pd.DataFrame:
    with data.connect(part) as con:
        con.register("asked", asked)
        con.execute("CREATE TABLE effects_for AS SELECT customer_id FROM customers SEMI JOIN asked USING (customer_id)")
        con.unregister("asked")
        con.execute(snapshot_table("effects_for", [as_of]))
        return models.effects(compute(con, groups))
