"""`holdfast train --tune 10m`: shapes of the risk model searched with Optuna, on training rows only.

The study lies in `tuning.db` in the work folder, under a name that says which rows and settings it belongs to. The
budget is that of the study: a search that was broken off goes on where it stopped, and a finished one costs nothing
again. Trial n has the seed n, so the same rows give the same trials, however often the search was interrupted; how many
there are depends on the machine.
"""

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from features.errors import UsageError
from features.spec import Entry
from models.arrays import IntArray
from models.rows import Rows
from models.settings import ModelSettings, RiskSettings, TreeShape
from models.training import rows_of
from models.tuning import first_guesses, fold_losses, shape_of, suggested, tuning_rows, with_shapes
from models.wishes import wished
from pipeline.config.root import Config
from pipeline.files import work_folder
from pipeline.fitting import LabelledRows, outcomes_of
from pipeline.progress import bar

if TYPE_CHECKING:
    import optuna

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
BUDGET = re.compile(r"(\d+(?:\.\d+)?)([smh])")
KEPT_TREES, KEPT_BY_CHANCE, KEPT_LINEAR = 2, 1, 1
UNTESTED_TRIALS = 9  # the first guesses: nothing is given up before they are there to compare with
VERSION = 2  # of the search space; another one begins another study


@dataclass(frozen=True)
class Trial:
    """One proposal: what it was, its mean log loss over the folds it saw, and whether it was given up early."""

    name: str
    parameters: Mapping[str, Any]
    log_loss: float
    seconds: float
    pruned: bool


@dataclass
class Tuner:
    """Searches within a budget in seconds, for the rows that it is given; `trials` collects what was tried."""

    config: Config
    entries: Sequence[Entry]
    seconds: float
    trials: list[Trial] = field(default_factory=list)

    def for_folds(self, rows: LabelledRows, trains: Sequence[IntArray]) -> list[Config]:
        """The config for each fold, tuned on its training rows; a share of the budget is left for the final fit."""
        share = 1 / (len(trains) + 1)
        return [self.tuned(rows.take(train), f"fold {n + 1}", share) for n, train in enumerate(trains)]

    def tuned(self, rows: LabelledRows, label: str, share: float = 1.0) -> Config:
        """The config with the best shapes found on `rows` in a share of the budget."""
        return self.config.model_copy(update={"model": self._settings(rows, label, share)})

    def _settings(self, rows: LabelledRows, label: str, share: float) -> ModelSettings:
        model = self.config.model
        columns, matrix = rows_of(rows.table, self.entries, outcomes_of(rows, self.config), model)
        matrix = wished(matrix, columns.names, tuple(columns.levels), model.risk)
        study = self._study(matrix, label)
        _search(study, matrix, model.risk, self.seconds * share, label)
        found = _trials(study, label)
        self.trials += found
        return model.model_copy(update={"risk": with_shapes(model.risk, _best(found))})

    def _study(self, rows: Rows, label: str) -> "optuna.Study":
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        folder = work_folder(self.config.workdir_path)
        name = f"{self.config.name} {label} {_fingerprint(rows, self.config.model.risk)}"
        pruner = optuna.pruners.MedianPruner(n_startup_trials=UNTESTED_TRIALS)
        storage = f"sqlite:///{(folder / 'tuning.db').resolve()}"
        study = optuna.create_study(study_name=name, storage=storage, pruner=pruner, load_if_exists=True)
        if not study.trials:
            for guess in first_guesses(self.config.model.risk):
                study.enqueue_trial(guess)
        return study


def seconds_of(budget: str) -> float:
    """Seconds of a budget such as 90s, 10m or 1.5h. Raises UsageError for anything else.

    >>> seconds_of("10m")
    600.0
    """
    match = BUDGET.fullmatch(budget.strip())
    if match is None or float(match.group(1)) <= 0:
        raise UsageError("is not a time", where="--tune", value=budget, fix="Write minutes as 10m, seconds as 90s.")
    return float(match.group(1)) * SECONDS[match.group(2)]


def trial_runs(trials: Sequence[Trial]) -> dict[str, tuple[dict[str, Any], dict[str, float]]]:
    """Parameters and figures of each trial, under the name of its nested run."""
    return {
        t.name: ({**t.parameters, "pruned": t.pruned}, {"cross_fitted_log_loss": t.log_loss, "seconds": t.seconds})
        for t in trials
    }


def _search(study: "optuna.Study", rows: Rows, settings: RiskSettings, seconds: float, label: str) -> None:
    """Trials until the budget of the study is used up; one that would begin later is not begun."""
    from optuna.trial import TrialState

    for broken in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(broken.number, state=TrialState.FAIL)
        if guess := broken.system_attrs.get("fixed_params"):
            study.enqueue_trial(guess)
    sample, folds = tuning_rows(rows, settings)
    spent = sum(trial.seconds for trial in _trials(study, label))
    with bar(f"tune {label}") as tell:
        while folds and spent < seconds:
            spent += _try(study, sample, folds, settings)
            tell(int(min(spent, seconds)), int(seconds))


def _try(study: "optuna.Study", rows: Rows, folds: Any, settings: RiskSettings) -> float:
    """One trial, given up when its mean over the folds so far is worse than the median of the others: its seconds."""
    import optuna

    done = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    finished = len(study.get_trials(deepcopy=False, states=done))
    study.sampler = optuna.samplers.TPESampler(seed=settings.seed + finished, n_startup_trials=UNTESTED_TRIALS)
    trial, started = study.ask(), time.perf_counter()
    losses: list[float] = []
    state = optuna.trial.TrialState.COMPLETE
    for step, loss in enumerate(fold_losses(rows, folds, suggested(trial, "tuned"), settings)):
        losses.append(loss)
        trial.report(float(np.mean(losses)), step)
        if step < len(folds) - 1 and trial.should_prune():
            state = optuna.trial.TrialState.PRUNED
            break
    seconds = time.perf_counter() - started
    trial.set_user_attr("seconds", seconds)
    trial.set_user_attr("log_loss", float(np.mean(losses)))
    study.tell(trial, float(np.mean(losses)) if state == optuna.trial.TrialState.COMPLETE else None, state=state)
    return seconds


def _trials(study: "optuna.Study", label: str) -> list[Trial]:
    """The finished trials in their order."""
    from optuna.trial import TrialState

    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
    return [
        Trial(
            f"trial {label} {trial.number}",
            trial.params,
            trial.user_attrs["log_loss"],
            trial.user_attrs["seconds"],
            trial.state == TrialState.PRUNED,
        )
        for trial in done
    ]


def _best(trials: Sequence[Trial]) -> list[Any]:
    """The best shapes of trees and of the logistic regression among the trials that saw all folds."""
    whole = sorted((trial for trial in trials if not trial.pruned), key=lambda trial: trial.log_loss)
    shapes = [shape_of(trial.parameters, f"tuned_{trial.name.rsplit(' ', 1)[1]}") for trial in whole]
    trees = [shape for shape in shapes if isinstance(shape, TreeShape)]
    usual = [shape for shape in trees if not shape.extra_trees][:KEPT_TREES]
    by_chance = [shape for shape in trees if shape.extra_trees][:KEPT_BY_CHANCE]
    linear = [shape for shape in shapes if not isinstance(shape, TreeShape)][:KEPT_LINEAR]
    return usual + by_chance + linear


def _fingerprint(rows: Rows, settings: RiskSettings) -> str:
    """The same for the same rows and settings."""
    digest = hashlib.sha256(f"{VERSION} {settings.model_dump_json()} {rows.X.shape} {rows.monotone}".encode())
    for values in (rows.X, rows.y, rows.customers, rows.weights):
        digest.update(b"none" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]
