"""The config: every shipped one loads and fits the schema, every key is explained, mistakes are named."""

import json
import re
from pathlib import Path

import pytest
import typer
import yaml

from features.errors import ConfigError
from pipeline.cli import app
from pipeline.config.load import load
from pipeline.config.root import Config
from pipeline.init import schema_text
from pipeline.planning.settings import PlanSettings
from tools.config_reference import keys

ROOT = Path(__file__).parents[2]
PARTS = {"plan.example.yaml", "playbook.en.yaml", "playbook.zh.yaml"}
CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.yaml") if path.name not in PARTS)
SMALL = """
name: small
sources: {file: {csv: file.csv}}
tables: {customers: {source: file}}
outcome: {kind: column, column: left}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def names(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", CONFIGS, ids=names)
def test_every_shipped_config_loads(path: Path) -> None:
    assert load(path).name == path.stem


@pytest.mark.parametrize("path", CONFIGS, ids=names)
def test_editors_find_no_fault_in_a_shipped_config(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    content = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
    jsonschema.validate(content, json.loads(schema_text()))


def test_editors_find_a_key_that_does_not_exist() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    with pytest.raises(jsonschema.ValidationError, match="windws_days"):
        jsonschema.validate({**yaml.safe_load(SMALL), "features": {"windws_days": [30]}}, json.loads(schema_text()))


def test_the_plan_example_is_a_plan_section() -> None:
    example = yaml.safe_load((ROOT / "configs" / "plan.example.yaml").read_text(encoding="utf-8"))
    assert list(example) == ["plan"]
    assert PlanSettings.model_validate(example["plan"]).actions


def test_every_key_says_what_it_means() -> None:
    assert [f"{model.__name__}.{name}" for model, name, info in keys() if not info.description] == []


def test_the_configs_of_the_readme_load(tmp_path: Path) -> None:
    shown = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert [load(written(tmp_path, text)).outcome.kind for text in shown] == ["lapse", "column"]


def test_the_readme_names_every_command_there_is() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Commands")[2].partition("\n## ")[0]
    named = {
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert named == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_a_config_cannot_be_changed(tmp_path: Path) -> None:
    config = load(written(tmp_path, SMALL))
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"  # type: ignore[misc]


MISTAKES = {
    "features: {window_days: [30]}": ["features.window_days", "Did you mean windows_days?"],
    "money: {margin_rate: {value: 1}}": ["money.margin_rate", "Did you mean margin_share?"],
    "money: {margin_share: 0.3}": ["money.margin_share", "0.3"],
    "engine: {workers: 0}": ["engine.workers", "greater than or equal to 1"],
    "engine: {kind: sparc}": ["engine: ", "must be duckdb or spark"],
    "engine: {kind: spark, mastr: x}": ["engine.mastr", "Did you mean master?"],
    "sinks: {scores: {postgres: s, url: x}}": ["sinks.scores.url", "Did you mean url_env?"],
    "model: {risk: {leafs: 3}}": ["model.risk.leafs", "unknown key"],
    "snapshots: {every: fortnight}": ["snapshots.every", "fortnight"],
}


@pytest.mark.parametrize("added", MISTAKES)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, added: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, f"{SMALL}{added}\n"))
    assert [part for part in MISTAKES[added] if part not in str(caught.value)] == []


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    text = f"{SMALL}validation: {{folds: 1, repeets: 2}}\nnme: x\n"
    with pytest.raises(ConfigError) as raised:
        load(written(tmp_path, text))
    said = str(raised.value)
    assert "Also to mend in this file: " in said
    assert all(place in said for place in ("validation.folds", "repeets", "nme"))


def test_a_variable_that_is_not_set_is_named_when_its_path_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOLDFAST_NOWHERE", raising=False)
    config = load(written(tmp_path, f'{SMALL}workdir: "${{HOLDFAST_NOWHERE}}/work"\n'))
    with pytest.raises(ConfigError, match="HOLDFAST_NOWHERE"):
        _ = config.workdir_path
    monkeypatch.setenv("HOLDFAST_NOWHERE", str(tmp_path))
    assert config.workdir_path == tmp_path / "work"


def test_the_config_goes_into_the_manifest_without_its_folder(tmp_path: Path) -> None:
    """The folder is a path of the machine that trained."""
    config = load(written(tmp_path, SMALL))
    assert str(tmp_path) not in json.dumps(config.public())
    assert Config.model_validate({"folder": tmp_path, **config.public()}) == config.model_copy(
        update={"folder": tmp_path}
    )
