"""What a plan is worth that learned effects from randomised contacts, against the plan that knows the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.spec import Entry
from pipeline.backtest import among
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows, fit
from pipeline.learning.randomised import Randomised, randomised
from pipeline.learning.uplift import learn_effects
from pipeline.learning.uplift_result import UpliftResult
from pipeline.matrix import feature_plan, labelled
from pipeline.moments import moments
from pipeline.prepare import prepared_to_learn
from pipeline.simulator.scenario import ACTIONS
from pipeline.truth.folder import TruthFolder, with_latents
from pipeline.truth.plan_value import paying_worths, plan_worths

CONTACTS = 20_000


@dataclass(frozen=True)
class LearnedValue:
    """True money saved by plans within the same limits, as shares of the best plan; `uplift`: what was learned."""

    values: Mapping[str, float]
    uplift: UpliftResult | None

    def as_json(self) -> dict[str, Any]:
        """One object."""
        return {**self.values, "uplift": self.uplift.model_dump(mode="json") if self.uplift else None}


@dataclass(frozen=True)
class TrialCase:
    """Labelled rows of the training snapshots and of the plan's moment, and the contacts that were settled by then."""

    config: Config
    train: LabelledRows
    now: LabelledRows
    entries: tuple[Entry, ...]
    found: Randomised
    truth: TruthFolder


def predicted_now(case: TrialCase) -> pd.DataFrame:
    """Risk, type and loss at the plan's moment, by models fitted on the training snapshots."""
    return fit(case.train, case.entries, case.config).predictor.predict(case.now.table)


def learned_plan(case: TrialCase, predicted: pd.DataFrame, shares: tuple[float, ...] = (0.05, 0.2)) -> LearnedValue:
    """Learn effects, and compare plans that contact at most a share of the customers, or whomever it pays to.

    `predicted`: what `predicted_now` gave; it does not depend on the contacts.
    """
    learned = learn_effects(case.found, case.config.learning)
    scores = predicted.set_index(pd.Index(case.now.table.column("customer_id").to_pylist()))
    effects = None if learned is None else learned[1].effects(case.now.table, scores).reindex(columns=list(ACTIONS))
    truth = case.truth.about(case.now.table)
    known = np.flatnonzero(truth.column("p180").is_valid().to_numpy())
    costs = np.array(case.truth.facts["scenario"]["policy"]["costs"], dtype=np.float64)
    kept = None if effects is None else effects.to_numpy(np.float64)[known]
    values: dict[str, float] = {}
    for share in shares:
        found = plan_worths(predicted.iloc[known], truth.take(pa.array(known)), costs, kept, share)
        values |= {f"{name}.{share:g}": value for name, value in found.items()}
    paying = paying_worths(predicted.iloc[known], truth.take(pa.array(known)), costs, kept)
    values |= {f"{name}.paying": value for name, value in paying.items()}
    return LearnedValue(values, learned[0] if learned else None)


def trial_case(path: Path, folder: Path, contacts: int = CONTACTS) -> TrialCase:
    """The config's rows and its last `contacts` randomised contacts with an outcome known at the last test snapshot."""
    config, truth = load(path), TruthFolder.open(folder)
    with prepared_to_learn(config) as data:
        split = moments(config, data)
        features = feature_plan(config, data, split.train[-1])
        rows = LabelledRows(labelled(config, data, features, (*split.train, split.test[-1])).rows)
        found = randomised(config, data, None, features)
    settled = np.datetime64(split.test[-1]) - np.timedelta64(config.outcome.known_after_days, "D")
    found = found.take(np.flatnonzero(found.table.column("as_of").to_numpy() <= settled))
    parts = [rows.take(among(rows, days)) for days in (split.train, (split.test[-1],))]
    return latest(TrialCase(config, parts[0], parts[1], tuple(features.entries), found, truth), contacts)


def latest(case: TrialCase, contacts: int) -> TrialCase:
    """The same with at most so many contacts, the latest ones."""
    order = np.argsort(case.found.table.column("as_of").to_numpy(), kind="stable")
    return replace(case, found=case.found.take(np.sort(order[-contacts:])))


def enriched(case: TrialCase) -> TrialCase:
    """The same with what no record shows as further columns: what an uplift model could reach if it knew them."""
    (train, added), (now, _) = (with_latents(part.table, case.truth) for part in (case.train, case.now))
    table, _ = with_latents(_at_month_start(case.found.table), case.truth)
    features = replace(case.found.features, entries=(*case.found.features.entries, *added))
    found = replace(case.found, table=table, features=features)
    return replace(case, train=LabelledRows(train), now=LabelledRows(now), entries=(*case.entries, *added), found=found)


def _at_month_start(table: pa.Table) -> pa.Table:
    """The truth is kept by month."""
    position = table.schema.get_field_index("as_of")
    start = pc.floor_temporal(table.column("as_of"), unit="month")
    return table.set_column(position, "as_of", start)
