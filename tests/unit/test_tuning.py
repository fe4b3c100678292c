"""The search for shapes: guesses of the config first, the same trials again, given up early, resumed, never worse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.errors import UsageError
from models.settings import ModelSettings, RiskSettings, TreeShape
from models.tuning import first_guesses, fold_losses, shape_of, suggested, tuning_rows, with_shapes
from pipeline.config.root import Config
from pipeline.fitting import LabelledRows
from pipeline.tuning import Tuner, seconds_of
from tests.planted import QUICK, as_matrix, catalogue, planted_rows


def tuner(folder: Path, seconds: float) -> Tuner:
    config = Config.model_validate(
        {
            "name": "planted",
            "folder": folder,
            "sources": {},
            "tables": {"customers": {"sql": "SELECT 1"}},
            "outcome": {"kind": "column", "column": "left"},
            "model": ModelSettings(risk=QUICK),
        }
    )
    return Tuner(config, catalogue(), seconds)


def labelled(count: int = 600) -> LabelledRows:
    rows = planted_rows(count)
    table = as_matrix(rows)
    for name, values in {
        "defected": rows.y == 1,
        "customer_id": rows.customers.astype(str),
        "type": [None] * count,
        "revenue": np.full(count, np.nan),
        "margin": np.full(count, np.nan),
    }.items():
        table = table.append_column(name, pa.array(values))
    return LabelledRows(table)


@pytest.mark.slow
def test_the_config_s_own_shapes_are_tried_first_and_the_best_found_join_the_candidates(tmp_path: Path) -> None:
    search = tuner(tmp_path, 5.0)
    found = search.tuned(labelled(), "all").model.risk
    names = [guess["family"] for guess in first_guesses(QUICK)]
    assert [trial.parameters["family"] for trial in search.trials[: len(names)]] == names
    assert len(search.trials) > len(names)
    added = found.trees[len(QUICK.trees) :]
    assert found.trees[: len(QUICK.trees)] == QUICK.trees
    assert [shape.extra_trees for shape in added] == [False, False, True]
    whole = [t.log_loss for t in search.trials if not t.pruned and t.parameters["family"] == "lightgbm"]
    best = next(t for t in search.trials if t.log_loss == min(whole))
    assert added[0] == shape_of(best.parameters, added[0].name)


@pytest.mark.slow
def test_a_search_goes_on_where_it_was_broken_off_with_the_same_trials(tmp_path: Path) -> None:
    whole, first = tuner(tmp_path / "one", 4.0), tuner(tmp_path / "two", 1.0)
    whole.tuned(labelled(), "all")
    first.tuned(labelled(), "all")
    again = tuner(tmp_path / "two", 4.0)
    again.tuned(labelled(), "all")
    kept, shared = len(first.trials), min(len(whole.trials), len(again.trials))
    assert kept < len(again.trials)
    assert [t.parameters for t in again.trials[:kept]] == [t.parameters for t in first.trials]
    assert [t.parameters for t in again.trials[:shared]] == [t.parameters for t in whole.trials[:shared]]


@pytest.mark.slow
def test_a_search_that_used_its_budget_costs_nothing_again(tmp_path: Path) -> None:
    tuner(tmp_path, 1.0).tuned(labelled(), "all")
    again = tuner(tmp_path, 1.0)
    again.tuned(labelled(), "all")
    done = tuner(tmp_path, 0.5)
    done.tuned(labelled(), "all")
    assert [t.log_loss for t in done.trials] == [t.log_loss for t in again.trials]


@pytest.mark.slow
def test_a_search_broken_off_inside_a_trial_loses_none_of_the_first_guesses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def breaks(*arguments: Any) -> Iterator[float]:
        tried.append(len(tried))
        if len(tried) == 2:
            raise KeyboardInterrupt
        return fold_losses(*arguments)

    monkeypatch.setattr("pipeline.tuning.fold_losses", breaks)
    with pytest.raises(KeyboardInterrupt):
        tuner(tmp_path / "broken", 3.0).tuned(labelled(), "all")
    again, whole = tuner(tmp_path / "broken", 3.0), tuner(tmp_path / "whole", 3.0)
    for search in (again, whole):
        search.tuned(labelled(), "all")
    guesses = len(first_guesses(QUICK))
    assert min(len(again.trials), len(whole.trials)) > guesses

    def guessed(search: Tuner) -> list[str]:
        return sorted(str(sorted(trial.parameters.items())) for trial in search.trials[:guesses])

    assert guessed(again) == guessed(whole)


@pytest.mark.slow
def test_other_rows_begin_another_search(tmp_path: Path) -> None:
    tuner(tmp_path, 1.0).tuned(labelled(), "all")
    other = tuner(tmp_path, 0.01)
    other.tuned(labelled(500), "all")
    assert len(other.trials) == 1


def test_the_worth_of_a_shape_is_its_log_loss_on_each_held_fold() -> None:
    sample, folds = tuning_rows(planted_rows(900), QUICK)
    good = list(fold_losses(sample, folds, QUICK.trees[0], QUICK))
    poor = list(fold_losses(sample, folds, TreeShape(name="poor", leaves=2, depth=1, rate=0.001), QUICK))
    assert len(good) == len(folds) == 3
    assert np.mean(good) < np.mean(poor)


def test_every_proposal_is_a_valid_shape() -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(50):
        trial = study.ask()
        shape = suggested(trial, "x")
        assert shape_of(trial.params, "x") == shape
        found = with_shapes(RiskSettings(), [shape])
        assert len(found.trees) + len(found.linear) == len(RiskSettings().trees) + len(RiskSettings().linear) + 1


def test_a_budget_is_a_time() -> None:
    assert [seconds_of(text) for text in ("90s", "10m", "1.5h")] == [90, 600, 5400]
    for wrong in ("10", "0m", "ten minutes", "-5m", ""):
        with pytest.raises(UsageError, match="--tune: is not a time"):
            seconds_of(wrong)
