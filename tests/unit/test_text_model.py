"""The classifier of complaint texts: what it learns, from when, and that its numbers are the same every time."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from features.spec import FeatureSettings
from features.text_model import TextModel
from models.text import fit_text_model
from pipeline.complaint_texts import learned_texts
from pipeline.simulator.records.texts import complaint_texts
from tests.companies import connect, shapes_of
from tests.random_companies import Tables

CAUSES = ("attitude", "product", "scope", "misuse", "misunderstanding", "habit", "venting")
CUT = datetime(2023, 1, 1)


def written(n: int, seed: int) -> tuple[list[str], list[str]]:
    """Texts of the simulator, half of them Chinese, with their causes."""
    chance = np.random.default_rng(seed)
    cause = chance.choice(len(CAUSES), n, p=(0.2, 0.3, 0.15, 0.1, 0.15, 0.05, 0.05))
    return list(complaint_texts(cause, chance.random(n) < 0.3, chance)), [CAUSES[c] for c in cause]


@pytest.fixture(scope="module")
def model() -> TextModel:
    found = fit_text_model(*written(800, seed=1))
    assert found is not None
    return found


@pytest.mark.parametrize("chinese", [True, False])
def test_causes_are_found_in_both_languages_far_better_than_by_the_commonest(model: TextModel, chinese: bool) -> None:
    texts, causes = written(800, seed=2)
    here = [n for n, text in enumerate(texts) if any(c > "\u4e00" for c in text) == chinese]
    likeliest = model.scores([texts[n] for n in here]).argmax(axis=1)
    right = np.mean([model.causes[c] == causes[n] for c, n in zip(likeliest, here, strict=True)])
    commonest = max(causes.count(cause) for cause in CAUSES) / len(causes)
    assert right > commonest + 0.4


def test_a_text_has_the_same_bits_alone_and_among_others(model: TextModel) -> None:
    texts, _ = written(200, seed=3)
    texts += ["", "   ", "☃" * 40, "ＡＢＣ", "x"]
    alone = np.concatenate([model.scores([text]) for text in texts])
    assert alone.tobytes() == model.scores(texts).tobytes()
    assert model.scores([]).shape == (0, len(CAUSES))


def test_the_model_on_disk_is_text_and_keeps_every_bit(model: TextModel) -> None:
    texts, _ = written(50, seed=4)
    again = TextModel.from_json(model.to_json())
    assert again == model
    assert again.digest() == model.digest()
    assert again.scores(texts).tobytes() == model.scores(texts).tobytes()


def test_two_causes_are_told_apart_as_well() -> None:
    found = fit_text_model(["slow answer again", "broken phone"] * 100, ["service", "product"] * 100)
    assert found is not None
    likeliest = found.scores(["slow", "broken"]).argmax(axis=1)
    assert [found.causes[n] for n in likeliest] == ["service", "product"]


@pytest.mark.parametrize(
    ("texts", "causes"),
    [([], []), (["a", "b"] * 99, ["x", "y"] * 99), (["a"] * 300, ["x"] * 300), (["a"] * 219, ["x"] * 200 + ["y"] * 19)],
)
def test_too_little_to_learn_from_gives_no_model(texts: list[str], causes: list[str]) -> None:
    assert fit_text_model(texts, causes) is None


def complaints(n: int, seed: int, start: datetime) -> list[dict[str, object]]:
    return [
        {"customer_id": "ann", "complaint_id": f"{seed}-{k}", "opened_at": start + timedelta(hours=k), "text": t}
        | {"cause": cause}
        for k, (t, cause) in enumerate(zip(*written(n, seed), strict=True))
    ]


def learned(tables: Tables) -> TextModel | None:
    shapes = shapes_of(tables)
    return learned_texts(connect(tables, shapes), shapes, FeatureSettings(), CUT)


def test_complaints_at_or_after_the_first_snapshot_do_not_change_a_weight() -> None:
    past = complaints(300, 5, CUT - timedelta(hours=300))
    future = [row | {"cause": "product"} for row in complaints(300, 6, CUT)]
    alone = learned({"complaints": past})
    assert alone is not None
    assert learned({"complaints": [*future, *past[::-1]]}) == alone


def test_a_cause_found_out_later_is_not_learned_from(capsys: pytest.CaptureFixture[str]) -> None:
    rows = complaints(300, 5, CUT - timedelta(hours=300))
    for row in rows:
        row["found_out_at"] = CUT
    shapes = shapes_of({"complaints": [{k: v for k, v in row.items() if k != "found_out_at"} for row in rows]})
    shape = shapes["complaints"]
    late = type(shape)(
        shape.name, {**shape.columns, "found_out_at": "timestamp"}, shape.time, shape.key, {"cause": "found_out_at"}
    )
    con = connect({"complaints": rows}, {"complaints": late})
    assert learned_texts(con, {"complaints": late}, FeatureSettings(), CUT) is None
    assert "too few complaints with text and cause before 2023-01-01" in capsys.readouterr().err


def test_complaints_without_words_are_skipped_with_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{k: v for k, v in row.items() if k != "text"} for row in complaints(3, 5, CUT)]
    assert learned({"complaints": rows}) is None
    assert (
        capsys.readouterr().err == "notice: no features from the words of complaints: complaints have no column text\n"
    )


def test_who_does_not_want_the_group_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    tables = {"complaints": complaints(3, 5, CUT)}
    shapes = shapes_of(tables)
    assert learned_texts(connect(tables, shapes), shapes, FeatureSettings(groups=("complaints",)), CUT) is None
    assert capsys.readouterr().err == ""
