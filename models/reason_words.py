"""Values and reasons in words, English and Chinese: units, comparisons, sentences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from features.spec import Entry
from features.wording import LANGUAGES, phrase_of

# plain: a value alone; own: with the customer's own usual one; before: with the window before; typical: with that of
# the training customers.
SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "plain": "{noun}: {value}",
        "own": "{noun}: usual {usual}, now {value}",
        "before": "{noun}: {value}, {usual} in the window before",
        "typical": "{noun}: {value} (typical {usual})",
        "missing": "{noun}: none or not known",
    },
    "zh": {
        "plain": "{noun}：{value}",
        "own": "{noun}：平时{usual}，现在{value}",
        "before": "{noun}：{value}，前一时段{usual}",
        "typical": "{noun}：{value}（一般为{usual}）",
        "missing": "{noun}：没有或未知",
    },
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "hours": "{} hours", "days": "{} days", "hour": "1 hour", "day": "1 day", "years": "{} years",
        "percent": "{} %", "yes": "yes", "no": "no", "stopped": "none any more", "new": "none before",
        "equal": "unchanged", "down": "down {} %", "up": "up {} %", "none": "none", "as_usual": "as usual",
        "below": "{} % below usual", "above": "{} % above usual",
        "as_all": "as the mean of all", "below_all": "{} % below the mean of all",
        "above_all": "{} % above the mean of all",
    },
    "zh": {
        "hours": "{}小时", "days": "{}天", "hour": "1小时", "day": "1天", "years": "{}年", "percent": "{}%",
        "yes": "是", "no": "否", "stopped": "已停止", "new": "此前没有", "equal": "不变",
        "down": "下降{}%", "up": "上升{}%", "none": "没有", "as_usual": "与平时相同", "below": "比平时低{}%",
        "above": "比平时高{}%",
        "as_all": "与全体客户相同", "below_all": "比全体客户低{}%", "above_all": "比全体客户高{}%",
    },
}  # fmt: skip
YEAR_DAYS, DAY_HOURS = 365.25, 24
LONG_HOURS, LONG_DAYS = 48, 730  # from here on the next larger unit reads better
assert set(SENTENCES) == set(WORDS) == set(LANGUAGES)


@dataclass(frozen=True)
class Wording:
    """How one column is spoken of; the fields as in `features.wording.Phrase`.

    `nouns` by language; `typical` is the middle of the training rows (the code of the most frequent level for a
    category), None where it is not known.
    """

    nouns: Mapping[str, str]
    unit: str = ""
    theme: str = ""
    usual: str = ""
    before: str = ""
    shows: str = ""
    style: str = ""
    typical: float | None = None
    levels: Sequence[str] | None = field(default=None, compare=False)

    def text(self, value: float, own: float, language: str) -> str:
        """The reason as a short phrase: `value` as encoded, `own` the customer's usual or earlier value, else NaN."""
        noun, sentences = self.nouns[language], SENTENCES[language]
        if np.isnan(value):
            return sentences["missing"].format(noun=noun)
        shown = self.shown(value, language)
        if not np.isnan(own):
            kind = "own" if self.usual else "before"
            return sentences[kind].format(noun=noun, value=shown, usual=self.shown(own, language))
        typical = "" if self.typical is None or self._compares else self.shown(self.typical, language)
        kind = "plain" if typical in ("", shown) else "typical"
        return sentences[kind].format(noun=noun, value=shown, usual=typical)

    def shown(self, value: float, language: str) -> str:
        """A value with its unit.

        >>> Wording({}, "hours").shown(288.0, "en"), Wording({}, "share").shown(0.25, "zh")
        ('12 days', '25%')
        """
        if self.levels is not None:
            return shown_value(value, self.levels) or ""
        write = UNITS.get(self.style or self.unit, _number if self.unit in BARE else self._with_unit)
        return write(value, WORDS[language])

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values; levels are kept with the columns."""
        return {name: value for name, value in asdict(self).items() if name != "levels"}

    @property
    def meaning(self) -> str:
        """What the column says, in English, for reports."""
        return self.nouns["en"]

    @property
    def _compares(self) -> bool:
        """Whether the value itself is a comparison."""
        return self.unit == "change" or bool(self.style)

    def _with_unit(self, value: float, _words: Mapping[str, str]) -> str:
        return f"{shown_value(value, None)} {self.unit}"


def wording_of(entry: Entry, typical: float | None = None) -> Wording:
    """The words for a feature."""
    phrase = phrase_of(entry)
    return Wording(
        phrase.nouns, entry.unit, phrase.theme, phrase.usual, phrase.before, phrase.shows, phrase.style, typical
    )


def shown_value(value: float, levels: Sequence[str] | None) -> str | None:
    """A cell as a person would write it: the level of a category, a number with three significant digits.

    >>> shown_value(12.0, None), shown_value(0.12345, None), shown_value(1.0, ["web", "post"])
    ('12', '0.123', 'post')
    """
    if np.isnan(value):
        return None
    if levels is not None:
        return levels[int(value)]
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _number(value: float, _words: Mapping[str, str]) -> str:
    return shown_value(value, None) or ""


def _money(value: float, _words: Mapping[str, str]) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.2f}"


def _hours(value: float, words: Mapping[str, str]) -> str:
    return _days(value / DAY_HOURS, words) if abs(value) >= LONG_HOURS else _counted(value, "hour", words)


def _days(value: float, words: Mapping[str, str]) -> str:
    if abs(value) >= LONG_DAYS:
        return words["years"].format(f"{value / YEAR_DAYS:.1f}")
    return _counted(value, "day", words)


def _counted(value: float, unit: str, words: Mapping[str, str]) -> str:
    whole = f"{value:.0f}"
    return words[unit] if whole == "1" else words[f"{unit}s"].format("0" if whole == "-0" else whole)


def _percent(value: float, words: Mapping[str, str]) -> str:
    return words["percent"].format(f"{100 * value:.0f}")


def _yes_no(value: float, words: Mapping[str, str]) -> str:
    return words["yes" if value == 1 else "no"] if value in (0, 1) else _number(value, words)


def _change(value: float, words: Mapping[str, str]) -> str:
    """(now - earlier) / (now + earlier) as the percentage by which now differs from earlier."""
    if abs(value) >= 1:
        return words["new" if value > 0 else "stopped"]
    return _against((1 + value) / (1 - value), "equal", "down", "up", words)


def _over_usual(value: float, words: Mapping[str, str]) -> str:
    return words["none"] if value <= 0 else _against(value, "as_usual", "below", "above", words)


def _over_all(value: float, words: Mapping[str, str]) -> str:
    return _against(value, "as_all", "below_all", "above_all", words)


def _against(quotient: float, same: str, less: str, more: str, words: Mapping[str, str]) -> str:
    percent = f"{100 * abs(quotient - 1):.0f}"
    return words[same] if percent == "0" else words[more if quotient > 1 else less].format(percent)


UNITS: Mapping[str, Callable[[float, Mapping[str, str]], str]] = {
    "hours": _hours,
    "days": _days,
    "share": _percent,
    "probability": _percent,
    "yes/no": _yes_no,
    "money": _money,
    "change": _change,
    "over_usual": _over_usual,
    "over_all": _over_all,
}
# The noun already says what is counted.
BARE = frozenset({
    "", "as given", "ratio", "category", "score", "deviations", "product", "units", "periods", "products", "categories",
    "complaints", "transactions", "contacts", "contracts", "answers", "events", "defections",
    "complaints per month", "complaints per purchase", "complaints x log",
})  # fmt: skip
