"""What the plan's settings refuse, and with which words."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from features.errors import ConfigError
from pipeline.config.root import Config
from pipeline.contact_plan import held_out_long_enough
from pipeline.planning.playbook import load_playbook
from pipeline.planning.settings import PlanSettings
from tests.plan_case import odds, settings

CONFIGS = Path(__file__).parents[2] / "configs"


def action(**changes: Any) -> dict[str, Any]:
    base = {"name": "visit", "channel": "phone", "cost": 1, "minutes": 10, "success": {"any": odds(1, 1)}}
    return {**base, **changes}


def test_the_example_config_loads() -> None:
    text = yaml.safe_load((CONFIGS / "plan.example.yaml").read_text(encoding="utf-8"))
    assert PlanSettings.model_validate(text["plan"]).obligations is not None


def test_the_example_shows_every_setting() -> None:
    text = yaml.safe_load((CONFIGS / "plan.example.yaml").read_text(encoding="utf-8"))
    assert set(PlanSettings.model_fields) - set(text["plan"]) == {"start", "holdout_days"}


def test_an_action_on_a_channel_no_agent_serves_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"plan.actions: visit: no agent serves the channel: 'email'"):
        settings(actions=[action(channel="email")])


def test_an_action_whose_skill_nobody_on_the_channel_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="no agent with the skill discount serves the channel: 'letter'"):
        settings(actions=[action(channel="letter", skill="discount")])


def test_an_action_that_takes_no_time_is_fine_with_an_owner_of_its_channel() -> None:
    assert settings(actions=[action(channel="email", minutes=0)]).actions[0].minutes == 0


def test_an_unknown_channel_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"unknown channel: 'phon'\. Did you mean phone\?"):
        settings(actions=[action(channel="phon")])


def test_two_actions_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="the name occurs twice: 'visit'"):
        settings(actions=[action(), action()])


def test_more_hours_than_the_working_day_has_are_refused() -> None:
    with pytest.raises(ConfigError, match="The working day has 8 hours"):
        settings(agents=[{"name": "Ann", "channels": ["phone"], "hours_per_day": 9}], actions=[action()])


def test_a_relationship_level_without_a_grid_is_refused() -> None:
    with pytest.raises(ConfigError, match="no grid is given: 'proactive'"):
        settings(actions=[action(relationship_level="proactive")])


def test_complaints_that_nobody_owns_are_refused() -> None:
    agent = {"name": "Ann", "channels": ["phone"], "hours_per_day": 2, "answers_complaints": False}
    with pytest.raises(ConfigError, match="nobody owns open complaints"):
        settings(agents=[agent], actions=[action()])


def test_unknown_keys_and_impossible_odds_are_refused() -> None:
    with pytest.raises(ValidationError, match="budgett"):
        settings(budgett=1)
    with pytest.raises(ValidationError, match="greater than 0"):
        settings(actions=[action(success={"any": odds(0, 1)})])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_playbooks_cover_all_types_and_causes(language: str) -> None:
    book = load_playbook(CONFIGS / f"playbook.{language}.yaml")
    assert set(book.types) == {"price", "product", "service", "self", "unknown"}
    causes = {"attitude", "product", "scope", "misuse", "misunderstanding", "habit", "venting"}
    assert set(book.causes) == causes
    assert all(part.say for part in [*book.types.values(), *book.causes.values(), *book.states.values()])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("language: en\nsay: hello\n", r"is not a playbook: '.*book\.yaml'\. say: Extra inputs are not permitted"),
        ("language: [en\n", r"book\.yaml, line 2: is not valid YAML\. expected"),
        (b"language: \xe9", r"cannot be read: '.*book\.yaml'"),
    ],
)
def test_a_file_that_is_no_playbook_is_refused_with_its_path(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=said):
        load_playbook(path)


def test_a_hold_out_lasts_until_the_outcome_of_the_config_is_known_unless_the_plan_says_otherwise() -> None:
    sources = {"sources": {"people": {"csv": "people.csv"}}, "tables": {"customers": {"source": "people"}}}
    outcome = {"kind": "contract_end", "horizon_days": 90, "gap_days": 5, "grace_days": 30}
    config = Config.model_validate({"folder": ".", "name": "shop", **sources, "outcome": outcome})
    assert held_out_long_enough(settings(), config).holdout_days == 125
    assert held_out_long_enough(settings(holdout_days=7), config).holdout_days == 7
