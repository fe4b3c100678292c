"""`holdfast learn`: what a plan's contacts did, against its hold-out, and what the next plan should believe."""

from datetime import datetime
from pathlib import Path

import pandas as pd

from features.errors import ConfigError, DataError
from models.outcomes import known_by
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.files import whole_folder
from pipeline.learning.contacts_file import read_contacts
from pipeline.learning.drawn import FILE as DRAWN
from pipeline.learning.drawn import with_drawn
from pipeline.learning.evidence import Joined, compliance, evidence, joined
from pipeline.learning.happened import outcomes, refuse_early
from pipeline.learning.learned import FILE, Learned, read_learned, with_plan
from pipeline.learning.page import page
from pipeline.learning.planned import Planned, read_plan
from pipeline.learning.randomised import count_randomised, randomised
from pipeline.learning.result import LearnedPlan, LearnReport
from pipeline.learning.uplift import learn_effects
from pipeline.learning.uplift_models import UpliftModels, write_models
from pipeline.learning.uplift_result import UpliftResult
from pipeline.planning.offers import offers
from pipeline.planning.settings import PlanSettings
from pipeline.prepare import Prepared, prepared

REPORT, PAGE = "report.json", "report.html"


def learn(path: Path, plan: Path, contacts: Path, out: Path | None = None) -> LearnedPlan:
    """Compare the arms of a plan folder once its horizon has passed, update the odds, and write the folder `out`.

    `contacts` is a CSV or Parquet file in the canonical columns of the table contacts: what was really done. `out`
    (default: the folder from which `plan` reads) is written whole or not at all; an earlier one is added to.

    Raises DataError with the date while the outcome is not known, ConfigError where the config has no plan section.
    """
    config = load(path)
    if config.plan is None:
        fix = "Learning needs the actions and their odds; configs/plan.example.yaml shows how."
        raise ConfigError("there is no section plan", where=str(path), fix=fix)
    planned, made = read_plan(plan), read_contacts(contacts, config.timezone)
    target = out or config.learned_path
    _refuse_other_folder(target)
    before, drawn = read_learned(target), with_drawn(target, planned)
    with prepared(config) as data:
        refuse_early(config, planned, data.data_until)
        settled = known_by(config.outcome, planned.as_of)
        found = joined(planned, made, outcomes(config, data, planned.rows["customer_id"], planned.as_of), settled)
        effects = _effects(config, data, drawn)
    result, models = effects or (None, None)
    learned = with_plan(before, evidence(found, offers(config.plan)), config.plan, config.learning, result)
    report = _report(config, planned, found, learned, settled)
    _write(target, report, config.plan, drawn, models)
    return LearnedPlan(out=target, report=report)


def _effects(config: Config, data: Prepared, drawn: pd.DataFrame) -> tuple[UpliftResult, UpliftModels] | None:
    """Effects by customer, once enough contacts were randomised, by this plan, earlier ones, or without a plan."""
    if count_randomised(config, data, drawn) < config.learning.uplift_contacts.value:
        return None
    return learn_effects(randomised(config, data, drawn), config.learning)


def _report(config: Config, planned: Planned, found: Joined, learned: Learned, settled: datetime) -> LearnReport:
    return LearnReport(
        plan_id=planned.plan_id,
        as_of=planned.as_of.isoformat(),
        known_by=settled.isoformat(),
        currency=planned.currency,
        level=config.learning.level,
        planned=len(found.rows),
        settled=len(found.settled),
        compliance=compliance(found),
        effects=found.trial(config.learning.level).effects(),
        learned=learned,
        notes=_notes(found),
    )


def _notes(found: Joined) -> list[str]:
    """Codes of what a reader must know; the page has the words."""
    rows = found.rows
    control = rows["arm"] == "control"
    said = {
        "control_contacted": bool((control & rows["contacted"]).any()),
        "not_contacted": bool((~control & ~rows["contacted"]).any()),
        "no_honest_label": len(found.settled) < len(rows),
        "no_money": bool(found.settled["money"].isna().any()),
    }
    return [code for code, holds in said.items() if holds]


def _refuse_other_folder(target: Path) -> None:
    if target.exists() and not (target / FILE).exists() and not (target.is_dir() and not any(target.iterdir())):
        fix = "Name another folder with --out."
        raise DataError("the folder holds something else", where="--out", value=str(target), fix=fix)


def _write(
    target: Path, report: LearnReport, settings: PlanSettings, drawn: pd.DataFrame, models: UpliftModels | None
) -> None:
    with whole_folder(target, overwrite=True) as folder:
        (folder / FILE).write_text(report.learned.model_dump_json(indent=2) + "\n", encoding="utf-8")
        (folder / REPORT).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
        (folder / PAGE).write_text(page(report, settings.language), encoding="utf-8")
        drawn.to_parquet(folder / DRAWN, index=False)
        if models:
            write_models(models, folder)
