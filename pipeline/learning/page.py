"""report.html: what the plan did, for people who decide about the next one."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from models.odds import Beta
from pipeline.learning.result import LearnReport
from pipeline.learning.trial import Amount, Effect
from pipeline.learning.uplift_result import UpliftResult
from pipeline.learning.words import WORDS
from pipeline.pages.axes import name_axis, number_axis
from pipeline.pages.charts import Dots
from pipeline.pages.document import Block, Chart, Fact, Notes, Page, Section, Table, Text, document
from pipeline.pages.numbers import UNKNOWN, count, figure, money, share

Words = Mapping[str, str]
BY = ("action", "type", "agent")


def page(report: LearnReport, language: str = "en") -> str:
    """The page as HTML."""
    words = WORDS[language]
    sections = [
        Section(
            words["by_all"],
            [Text(verdict(report, words), _harmful(report.overall)), Text(words["how"]), *_care(report, words)],
        ),
        *_groups(report, words),
        Section(words["compliance"], [_compliance(report, words)]),
        Section(words["next"], [_verdicts(report, words), Text(words["odds_says"]), _odds(report, words)]),
    ]
    if report.learned.uplift:
        sections.append(_uplift(report.learned.uplift, words))
    filled = {"settled": f"{report.settled:,}", "planned": f"{report.planned:,}"}
    subtitle = words["subtitle"].format(as_of=report.as_of[:10], known_by=report.known_by[:10], **filled)
    return document(
        Page(words["title"].format(plan=report.plan_id), subtitle, sections, _facts(report, words), language)
    )


def verdict(report: LearnReport, words: Words) -> str:
    """The result in a sentence or two."""
    found = report.overall
    key = "open" if not found.claimed else "harms" if _harmful(found) else "works"
    return words[key].format(
        share=_share(found.left_treated),
        control=_share(found.left_control),
        saved=_count(found.saved_customers.value),
        low=_count(found.saved_customers.low),
        high=_count(found.saved_customers.high),
        level=f"{report.level:.0%}",
    )


def _harmful(found: Effect) -> bool:
    return found.claimed and (found.saved_customers.value or 0.0) < 0


def _facts(report: LearnReport, words: Words) -> list[Fact]:
    found = report.overall
    return [
        Fact(_count(found.saved_customers.value), words["saved"], _harmful(found)),
        Fact(_money(found.saved_money.value), words["money"].format(currency=report.currency)),
        Fact(_money(found.net_money.value), words["net"].format(currency=report.currency)),
        Fact(_share(found.left_treated), words["left"].format(control=_share(found.left_control))),
    ]


def _care(report: LearnReport, words: Words) -> list[Block]:
    table = _effects(report.effects[:1], report, words)
    notes = [words[f"{code}_note"] for code in report.notes]
    return [table, Notes(notes, warning=True)] if notes else [table]


def _groups(report: LearnReport, words: Words) -> Iterator[Section]:
    for by in BY:
        effects = [one for one in report.effects if one.by == by]
        if effects:
            remarks = [words["together"], *([words["agent_care"]] if by == "agent" else [])]
            chart = [_chart(effects, report, words)] if by != "agent" and len(effects) > 1 else []
            yield Section(words[f"by_{by}"], [_effects(effects, report, words), *chart, Notes(remarks)])


def _effects(effects: Sequence[Effect], report: LearnReport, words: Words) -> Table:
    heads = (
        "group",
        "treated",
        "control",
        "left_treated",
        "left_control",
        "saved_customers",
        "saved_money",
        "net_money",
    )
    rows = [
        (
            words.get(one.name, one.name),
            count(one.treated),
            count(one.control),
            _share(one.left_treated),
            _share(one.left_control),
            (_count(one.saved_customers.value), _between(one.saved_customers, _count)),
            (_money(one.saved_money.value), _between(one.saved_money, _money)),
            (_money(one.net_money.value), _between(one.net_money, _money)),
            words["harm"] if _harmful(one) else words["yes"] if one.claimed else words["no"],
        )
        for one in effects
    ]
    return Table([*(words[name] for name in heads), words["claim"]], rows)


def _chart(effects: Sequence[Effect], report: LearnReport, words: Words) -> Chart:
    names = [words.get(one.name, one.name) for one in effects]
    ends = [_of_100(one) for one in effects]
    table = Table(
        [words["group"], words["chart"]], [(n, f"{figure(v)}") for n, (v, _, _) in zip(names, ends, strict=True)]
    )
    value, low, high = zip(*ends, strict=True)
    return Chart(
        words["chart"],
        words["chart_says"],
        name_axis("", names),
        number_axis(words["chart"], [*value, *low, *high]),
        [Dots([float(i) for i in range(len(names))], value, low, high)],
        table,
    )


def _of_100(one: Effect) -> tuple[float, float, float]:
    saved, times = one.saved_customers, 100 / max(one.treated, 1)
    return tuple(math.nan if part is None else part * times for part in (saved.value, saved.low, saved.high))  # type: ignore[return-value]


def _compliance(report: LearnReport, words: Words) -> Table:
    heads = ("action", "planned_as", "contacted", "as_planned", "reached", "control", "control_contacted")
    rows = [
        (
            words.get(one.action, one.action),
            count(one.treated),
            (count(one.contacted), _part(one.contacted, one.treated)),
            (count(one.as_planned), _part(one.as_planned, one.treated)),
            (count(one.reached), _part(one.reached, one.treated)),
            count(one.control),
            (count(one.control_contacted), _part(one.control_contacted, one.control)),
        )
        for one in report.compliance
    ]
    return Table([words[name] for name in heads], rows)


def _part(some: int, whole: int) -> str:
    return share(some / whole if whole else math.nan)


def _verdicts(report: LearnReport, words: Words) -> Table:
    rows = [
        (
            one.action,
            words[one.verdict],
            count(one.contacts),
            (_share(one.difference), _ends(one.low, one.high)),
        )
        for one in report.learned.actions
    ]
    return Table([words[name] for name in ("action", "verdict", "contacts", "difference")], rows, words=2)


def _odds(report: LearnReport, words: Words) -> Table:
    rows = [
        (
            one.action,
            words[one.type],
            one.source,
            share(one.prior_mean),
            (share(one.mean), _ends(*Beta(one.a, one.b).interval())),
        )
        for one in report.learned.odds
    ]
    return Table([words[name] for name in ("action", "type", "source", "before", "after")], rows, words=3)


def _uplift(found: UpliftResult, words: Words) -> Section:
    key = "uplift_used" if found.claimed else "uplift_not_used"
    ends = {
        name: figure(100 * getattr(found.effect, part))
        for name, part in zip(("effect", "low", "high"), ("value", "low", "high"), strict=True)
    }
    rows = [
        (
            (one.name, words["chosen"] if one.name == found.chosen else ""),
            (figure(one.qini.value), f"{figure(one.qini.low)} – {figure(one.qini.high)}"),
            (figure(100 * one.auuc.value), f"{figure(100 * one.auuc.low)} – {figure(100 * one.auuc.high)}"),
            (
                figure(100 * one.uplift_30.value),
                f"{figure(100 * one.uplift_30.low)} – {figure(100 * one.uplift_30.high)}",
            ),
        )
        for one in found.rankings
    ]
    table = Table([words[name] for name in ("ranking", "qini", "auuc", "uplift_30")], rows)
    says = words[key].format(contacts=f"{found.contacts:,}", **ends)
    return Section(words["uplift"], [Text(says), Text(words["uplift_choice"].format(chosen=found.chosen)), table])


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else share(value)


def _count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.1f}"


def _money(value: float | None) -> str:
    return UNKNOWN if value is None else money(value)


def _between(found: Amount, shown: Callable[[float | None], str]) -> str:
    return "" if found.low is None else f"{shown(found.low)} – {shown(found.high)}"


def _ends(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{share(low)} – {share(high)}"
