"""The example of docs/own-features.md runs as it is written there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from features.engine import compute, plan
from features.spec import FeatureSettings
from tests.companies import connect, day, known_groups, set_snapshots, shapes_of
from tests.functional import company as tiny

PAGE = Path(__file__).parents[2] / "docs" / "own-features.md"


def test_the_command_finds_a_module_beside_the_config(tmp_path: Path) -> None:
    """In a process of its own, as a user runs it: nothing else has put the folder on the path."""
    code, _ = re.findall(r"```(?:python|yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    config = tiny.write(tmp_path)
    (tmp_path / "loyalty.py").write_text(code, encoding="utf-8")
    named = 'features: {groups: [transactions, "loyalty:Loyalty"]}\n'
    config.write_text(config.read_text(encoding="utf-8") + named, encoding="utf-8")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "features", str(config)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=PAGE.parents[1], check=False)
    assert ran.returncode == 0, ran.stderr
    assert "loyalty__weekend_share" in ran.stdout


def test_the_documented_group_of_one_s_own_gives_the_values_it_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, config = re.findall(r"```(?:python|yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert '"loyalty:Loyalty"' in config
    (tmp_path / "loyalty.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    days = {"2024-06-29": 30.0, "2024-06-28": 70.0, "2024-03-03": 20.0, "2024-06-30": 80.0}
    rows = [{"customer_id": "ann", "occurred_at": day(at), "amount": paid} for at, paid in days.items()]
    shapes = shapes_of({"transactions": rows})
    con = connect({"transactions": rows}, shapes)
    set_snapshots(con, [("ann", day("2024-06-30"))])
    groups = plan(shapes, FeatureSettings(groups=("transactions", "loyalty:Loyalty")))
    found = compute(con, known_groups(con, groups)).to_pylist()[0]
    assert (found["loyalty__weekend_count_30d"], found["loyalty__weekend_count_180d"]) == (1, 2)
    assert found["loyalty__weekend_share"] == pytest.approx(50 / 120)
