"""`holdfast plan`: from a score file and the config's tables to the plan folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import ConfigError
from features.spec import Limit
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.learning.for_plan import learned_for, with_effects
from pipeline.learning.learned import read_learned
from pipeline.plan import ContactPlan, make_plan
from pipeline.planning.known import known_tables
from pipeline.planning.outputs import obligation_table, plan_table, write_plan
from pipeline.planning.scores import read_scores
from pipeline.planning.settings import PlanSettings
from pipeline.planning.summary import PlanSummary
from pipeline.postgres import Sinks
from pipeline.prepare import prepared


@dataclass(frozen=True)
class Planned:
    """What `holdfast plan` wrote."""

    out: Path
    summary: PlanSummary

    def as_json(self) -> dict[str, Any]:
        """The content of summary.json."""
        return self.summary.model_dump(mode="json")

    def as_text(self) -> str:
        """A page for the terminal."""
        from pipeline.plan_text import text

        return text(self.summary, self.out)


def contact_plan(path: Path, scores: Path, out: Path) -> Planned:
    """Choose customers and actions for a score file under the config's budget and capacity, and write the folder `out`.

    What `holdfast learn` found out about earlier plans takes the place of the assumed odds by itself.

    Raises ConfigError where the config has no plan section, DataError where the score file does not fit. Where the
    config has sinks for them, plan and obligations go into their tables too, both or neither.
    """
    config = load(path)
    settings = config.plan
    if settings is None:
        fix = "Describe actions, staff and budget there: configs/plan.example.yaml shows how."
        raise ConfigError("there is no section plan", where=str(path), fix=fix)
    learned = read_learned(config.learned_path)
    settings, effects = learned_for(held_out_long_enough(settings, config), learned)
    table = read_scores(scores)
    with prepared(config) as data, data.connect() as con:
        known = known_tables(con, data.shapes, table.frame["customer_id"], table.as_of, settings.moments)
        effects = with_effects(effects, config, data, learned, table)
    with Sinks(config.sinks.of("plan", "obligations")) as sinks:
        made = make_plan(
            scores, known, settings, as_of=table.as_of, sla=limits(config), folder=config.folder, effects=effects
        )
        _publish(made, sinks, out)
    return Planned(out, made.summary)


def _publish(made: ContactPlan, sinks: Sinks, out: Path) -> None:
    """The folder last, and the tables seen by others after it: where a table refuses, the earlier folder stays."""
    sinks.send("plan", plan_table(made.rows))
    sinks.send("obligations", obligation_table(made.obligations))
    write_plan(out, made.rows, made.obligations, made.summary.model_dump(mode="json"), made.pages)


def held_out_long_enough(settings: PlanSettings, config: Config) -> PlanSettings:
    """A customer held out by one plan is not contacted by the next before the outcome of the first is known."""
    if settings.holdout_days is not None:
        return settings
    return settings.model_copy(update={"holdout_days": float(config.outcome.known_after_days)})


def limits(config: Config) -> dict[str, Limit]:
    """The config's time limits of complaints by grade."""
    return {grade: Limit(v.answer_hours, v.resolve_hours, v.working_time) for grade, v in config.sla.items()}
