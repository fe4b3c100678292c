"""The fingerprint changes with anything that can change a value of a feature, and with nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from features.engine import plan
from features.fingerprint import fingerprint
from features.spec import FeatureSettings, Limit
from tests.companies import SETTINGS, TEXT, whole_shapes

SHAPES = whole_shapes()
LEVELS = {("complaints", "cause"): ("a", "b"), ("complaints", "topic"): ("c",)}


def of(settings: FeatureSettings) -> str:
    return fingerprint(plan(SHAPES, settings), settings)


def test_equal_settings_have_equal_fingerprints_whatever_their_order() -> None:
    one = replace(SETTINGS, levels=LEVELS, excluded=frozenset("xyz"))
    two = replace(SETTINGS, levels=dict(reversed(LEVELS.items())), excluded=frozenset("zyx"))
    assert of(one) == of(two)
    assert len(of(one)) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"windows_days": (30, 90)},
        {"levels": {("complaints", "cause"): ("b", "a")}},
        {"limits": {"1": Limit(1, 2)}},
        {"quick_hours": 12.0},
        {"text": None},
        {"text": replace(TEXT, intercepts=(0.0, 0.26))},
        {"groups": ("complaints",)},
    ],
)
def test_another_setting_gives_another_fingerprint(change: dict[str, object]) -> None:
    assert of(replace(SETTINGS, **change)) != of(SETTINGS)  # type: ignore[arg-type]


def test_an_edited_group_of_the_user_s_own_gives_another_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "from features.spec import Builder, Group\nclass Mine(Builder):\n    name = 'mine'\n"
    source += "    def build(self, history, settings):\n        return Group('mine')\n"
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = FeatureSettings(groups=("my_own_group:Mine",))
    (tmp_path / "my_own_group.py").write_text(source)
    before = of(settings)
    assert of(settings) == before
    (tmp_path / "my_own_group.py").write_text(source + "    # counts differently now\n")
    assert of(settings) != before
