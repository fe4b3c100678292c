"""Reasons in words, grouped by theme."""

import numpy as np
import pytest

from models.matrix import Columns
from models.reason_words import Wording
from models.reasons import Speaker, by_theme, rounded, top_reasons

COLUMNS = Columns(("open_days", "channel", "calls", "open_count"), {"channel": ("web", "post")})


def worded(noun: str, unit: str = "", theme: str = "", **more: object) -> Wording:
    return Wording({"en": noun, "zh": f"{noun}中"}, unit, theme, **more)  # type: ignore[arg-type]


WORDINGS = {
    "open_days": worded("oldest open complaint", "days", "open", typical=2.0),
    "open_count": worded("open complaints", "complaints", "open"),
    "channel": worded("channel", "category", "channel", typical=0.0),
}
SPEAKER = Speaker(COLUMNS, WORDINGS)


def reasons(
    effects: list[float], cells: list[float], top: int = 5, speaker: Speaker = SPEAKER
) -> list[dict[str, object]]:
    found = top_reasons(np.array([[*effects, -1.0]]), np.array([cells]), speaker, top=top)
    return found.to_pylist()[0]  # type: ignore[no-any-return]


def text(wording: Wording, value: float, own: float = np.nan, language: str = "en") -> str:
    return wording.text(value, own, language)


def test_the_largest_effects_come_first_with_the_customers_own_value() -> None:
    found = reasons([0.2, 0.7, 0.1, 0.0], [12.0, 1.0, 3.456, 1.0])
    assert [reason["feature"] for reason in found] == ["channel", "open_days", "calls"]
    assert [reason["value"] for reason in found] == ["post", "12", "3.46"]
    assert [reason["effect"] for reason in found] == [0.7, 0.2, 0.1]
    assert found[1]["text"] == "oldest open complaint: 12 days (typical 2 days)"
    assert found[0]["text"] == "channel: post (typical web)"


def test_columns_of_one_theme_are_one_reason_led_by_the_strongest() -> None:
    found = reasons([0.2, 0.35, 0.0, 0.3], [12.0, 1.0, 0.0, 2.0])
    assert [(r["feature"], r["value"]) for r in found] == [("open_count", "2"), ("channel", "post")]
    assert found[0]["effect"] == pytest.approx(0.5)


def test_what_a_theme_adds_and_takes_away_is_one_effect() -> None:
    assert [reason["feature"] for reason in reasons([0.4, 0.1, 0.0, -0.5], [1.0, 0.0, 0.0, 1.0])] == ["channel"]


def test_themes_and_base_add_up_to_the_score() -> None:
    effects = np.random.default_rng(0).normal(size=(50, 5))
    themes = by_theme(effects[:, :-1], SPEAKER)
    assert themes.shape == (50, 3)
    np.testing.assert_allclose(themes.sum(axis=1) + effects[:, -1], effects.sum(axis=1), rtol=1e-12)


def test_only_what_raises_the_risk_is_a_reason_for_it() -> None:
    assert [reason["feature"] for reason in reasons([-0.9, 0.1, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0])] == ["channel"]
    assert reasons([-1.0, -1.0, -1.0, 0.0], [1.0, 0.0, 1.0, 0.0]) == []


def test_no_more_than_asked_for() -> None:
    found = reasons([0.1, 0.2, 0.3, 0.0], [1.0, 0.0, 1.0, 0.0], top=2)
    assert [reason["feature"] for reason in found] == ["calls", "channel"]


def test_a_missing_value_is_said_to_be_missing() -> None:
    found = reasons([0.5, 0.0, 0.0, 0.0], [np.nan, 0.0, 0.0, 0.0])
    assert found[0]["value"] is None
    assert found[0]["text"] == "oldest open complaint: none or not known"


def test_a_column_without_words_goes_by_its_name() -> None:
    assert reasons([0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 12345.678, 0.0])[0]["text"] == "calls: 12346"


def test_every_row_keeps_its_own_reasons() -> None:
    effects = np.array([[1.0, 0.0, 0.0, 0, 0], [-1.0, -1.0, -1.0, 0, 0], [0.0, 2.0, 1.0, 0, 0]])
    cells = np.array([[5.0, 0, 0, 0], [6, 0, 0, 0], [7, 1, 8, 0]])
    found = top_reasons(effects, cells, SPEAKER, top=2).to_pylist()
    said = [[(reason["feature"], reason["value"]) for reason in row] for row in found]
    assert said == [[("open_days", "5")], [], [("channel", "post"), ("calls", "8")]]


def test_the_customers_own_usual_value_is_told_beside_the_present_one() -> None:
    columns = Columns(("silence", "gap"), {})
    words = {"silence": worded("time since the last purchase", "days", "silence", usual="gap", typical=30.0)}
    effects, cells = [0.5, 0.0], [61.0, 14.0]
    found = reasons(effects, cells, speaker=Speaker(columns, words))
    assert found[0]["text"] == "time since the last purchase: usual 14 days, now 61 days"
    (chinese,) = reasons(effects, cells, speaker=Speaker(columns, words, "zh"))
    assert chinese["text"] == "time since the last purchase中：平时14天，现在61天"
    (unusual,) = reasons(effects, [61.0, np.nan], speaker=Speaker(columns, words))
    assert unusual["text"] == "time since the last purchase: 61 days (typical 30 days)"


def test_a_quotient_is_told_by_what_it_is_made_of() -> None:
    columns = Columns(("over_usual", "silence", "gap"), {})
    words = {
        "over_usual": worded("silence over the usual gap", "ratio", "silence", usual="gap", shows="silence"),
        "silence": worded("time since the last purchase", "days", "silence"),
    }
    (found,) = reasons([0.5, 0.1, 0.0], [4.36, 61.0, 14.0], speaker=Speaker(columns, words))
    assert (found["feature"], found["value"]) == ("over_usual", "4.36")
    assert found["text"] == "time since the last purchase: usual 14 days, now 61 days"


def test_the_window_before_is_named_as_such() -> None:
    assert text(worded("purchases", before="earlier"), 2, 6) == "purchases: 2, 6 in the window before"


@pytest.mark.parametrize(
    ("unit", "value", "english", "chinese"),
    [
        ("hours", 30.0, "30 hours", "30小时"),
        ("hours", 288.0, "12 days", "12天"),
        ("days", 1.0, "1 day", "1天"),
        ("days", 1461.0, "4.0 years", "4.0年"),
        ("share", 0.25, "25 %", "25%"),
        ("yes/no", 1.0, "yes", "是"),
        ("money", 1234.5, "1,234", "1,234"),
        ("change", -1.0, "none any more", "已停止"),
        ("change", 1.0, "none before", "此前没有"),
        ("change", -0.25, "down 40 %", "下降40%"),
        ("change", 0.2, "up 50 %", "上升50%"),
        ("stamps", 3.0, "3 stamps", "3 stamps"),
    ],
)
def test_values_are_written_with_their_unit(unit: str, value: float, english: str, chinese: str) -> None:
    assert text(worded("it", unit), value) == f"it: {english}"
    assert text(worded("it", unit), value, language="zh") == f"it中：{chinese}"


@pytest.mark.parametrize(
    ("value", "said"), [(0.4, "60 % below usual"), (1.5, "50 % above usual"), (1.0, "as usual"), (0.0, "none")]
)
def test_a_share_of_the_own_usual_is_a_percentage_below_or_above_it(value: float, said: str) -> None:
    assert text(worded("purchases", "ratio", style="over_usual", typical=1.1), value) == f"purchases: {said}"


def test_a_share_of_the_companys_mean_is_told_against_all_customers() -> None:
    slow = worded("time to a resolution", "ratio", style="over_all")
    assert text(slow, 2.5) == "time to a resolution: 150 % above the mean of all"
    assert text(slow, 2.5, language="zh") == "time to a resolution中：比全体客户高150%"


def test_a_value_that_is_typical_is_not_compared() -> None:
    assert text(worded("calls", typical=3.0), 3.0) == "calls: 3"


def test_rounding_keeps_what_is_shown() -> None:
    values = np.array([1234.5, -99.96, 0.00123456, 0.0, np.nan])
    np.testing.assert_array_equal(rounded(values), [1234.0, -100.0, 0.00123, 0.0, np.nan])
