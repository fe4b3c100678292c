"""The training report of a simulated company, opened in a real browser."""

import re
from pathlib import Path

import pytest

from pipeline.train import Trained, train
from tests.browser import Seen, look
from tests.cli import Cli
from tests.functional.simulated import write

pytestmark = pytest.mark.slow
SECTIONS = [
    "What was predicted",
    "How good it is",
    "What to be careful about",
    "Ranking",
    "Probabilities",
    "Profit",
    "When they leave",
    "Stability over time",
    "Candidates compared",
    "What moves the risk",
    "Types of defection",
    "Money",
    "Provenance",
]


@pytest.fixture(name="trained", scope="module")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("report")
    return train(write(folder), report=folder / "report.html")


@pytest.fixture(name="page", scope="module")
def _page(trained: Trained) -> Path:
    assert trained.report is not None
    return trained.report


@pytest.fixture(name="phone", scope="module")
def _phone(page: Path) -> Seen:
    return look(page, 390)


@pytest.fixture(name="desktop", scope="module")
def _desktop(page: Path) -> Seen:
    return look(page, 1200)


def words_of(page: Path) -> str:
    text = re.sub(r"<style>.*?</style>", " ", page.read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_the_report_of_a_registered_model_can_be_had_again(page: Path, tmp_path: Path, holdfast: Cli) -> None:
    again = tmp_path / "again.html"
    ran = holdfast("report", page.parent / "small.yaml", "--out", again)
    assert ran.code == 0
    assert "no champion yet, taking small/1" in ran.err
    assert again.read_bytes() == page.read_bytes()


def test_no_report_is_written_for_a_version_that_is_not_there(page: Path, tmp_path: Path, holdfast: Cli) -> None:
    ran = holdfast("report", page.parent / "small.yaml", "--out", tmp_path / "none.html", "--model", "99")
    assert ran.code == 4
    assert "no such model version" in ran.err
    assert not list(tmp_path.iterdir())


def test_every_section_is_there_in_order(desktop: Seen) -> None:
    assert desktop.measures["sections"] == SECTIONS


def test_every_chart_is_drawn_with_all_its_texts_apart_and_inside(desktop: Seen) -> None:
    assert desktop.measures["figures"] == desktop.measures["charts"] == 13
    assert desktop.measures["clipped"] == []
    assert desktop.measures["colliding"] == []


def test_a_phone_shows_the_page_without_scrolling_sideways(phone: Seen) -> None:
    assert phone.measures["width"] == 390
    assert phone.measures["needed"] <= 390
    assert phone.measures["clipped"] == []
    assert phone.measures["smallest"] >= 10


def test_the_browser_has_nothing_to_complain_about(phone: Seen, desktop: Seen) -> None:
    assert phone.console == desktop.console == []


def test_the_headline_figures_are_those_of_the_evaluation(trained: Trained, page: Path) -> None:
    metrics, text = trained.evaluation.metrics, words_of(page)
    assert (
        f"{metrics['risk.auc']:.3f} AUC (95 %: {metrics['risk.auc.low']:.3f} to {metrics['risk.auc.high']:.3f})" in text
    )
    for baseline in ("logistic", "single_rule", "base_rate"):
        assert f"{metrics[f'baseline.{baseline}.log_loss']:.3f}" in text
    assert f"{metrics['loss.mae']:.2f}" in text


def test_base_rate_and_expected_risk_stand_snapshot_by_snapshot(trained: Trained, page: Path) -> None:
    text, level = words_of(page), trained.evaluation.tables["level"]
    assert set(level["used"]) == {"training", "test"}
    for row in level.to_dict("records"):
        assert f"{row['as_of']:%Y-%m-%d} {row['used']} {row['rows']:,}" in text
    said = "Too few later snapshots were complete to learn a drift from"
    assert said in text
    assert said in trained.as_text()
    assert "risks that were right would show about" in text


def test_every_feature_of_the_model_and_both_fingerprints_are_named(trained: Trained, page: Path) -> None:
    text = words_of(page)
    names = trained.evaluation.fitted.predictor.columns.names
    assert all(name in text for name in names[:5] + names[-5:])
    assert "feature fingerprint" in text
    assert "data fingerprint" in text


def test_the_page_needs_nothing_from_outside(page: Path) -> None:
    assert not re.search(
        r"src=|<link (?!rel=.icon. href=.data:,.>)|@import|url\(|<script|https?:", page.read_text(encoding="utf-8")
    )


def test_figures_of_the_literature_are_called_that(page: Path) -> None:
    assert "Profit rests on figures of the literature" in words_of(page)
