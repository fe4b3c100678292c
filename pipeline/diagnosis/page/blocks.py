"""Which tables a section of the page shows, in which order, and with which chart."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.diagnosis.page.charts import Dot, Series, dots, lines, stacked
from pipeline.diagnosis.page.tables import number, percent, signed, text_table
from pipeline.diagnosis.page.words import Words
from pipeline.diagnosis.result import Row

Chart = Callable[[list[Row], Words, str], Markup]
RATES = ("crude", "weighted", "customer")
MONTHS_SHOWN = 60  # of a survival curve


def retention_lines(rows: list[Row], words: Words, title: str) -> Markup:
    """The rates by period; net revenue retention, which may be far above one, on a scale of its own."""
    periods, charts = [row["period"] for row in rows], []
    for group in (RATES, ("net_revenue",)):
        shown = [rate for rate in group if any(row[rate] is not None for row in rows)]
        series = [_series(words.say("columns", rate), rows, rate) for rate in shown]
        name = title if group is RATES else f"{title}: {words.say('columns', 'net_revenue')}"
        charts.append(lines(series, periods, percent, name))
    return Markup("").join(charts)


def rate_lines(rows: list[Row], words: Words, title: str) -> Markup:
    """The rate of defection by period."""
    return lines([_series(words.say("columns", "rate"), rows, "rate")], [row["period"] for row in rows], percent, title)


def survival_curves(rows: list[Row]) -> list[Row]:
    """The curves of the first segment, or everyone's where there is none: the four largest, five years at most."""
    segments = list(dict.fromkeys(row["segment"] for row in rows))
    chosen = [row for row in rows if row["segment"] == (segments[1] if len(segments) > 1 else segments[0])]
    size: dict[str, int] = {}
    for row in chosen:
        size[row["level"]] = max(size.get(row["level"], 0), row["at_risk"])
    largest = sorted(size, key=lambda level: -size[level])[:4]
    return [row for row in chosen if row["level"] in largest and row["months"] <= MONTHS_SHOWN]


def survival_steps(rows: list[Row]) -> list[Row]:
    """Of those curves the half-years, for reading."""
    return [row for row in survival_curves(rows) if row["months"] % 6 == 0]


def survival_lines(rows: list[Row], words: Words, title: str) -> Markup:
    """Share still there by months since the first day."""
    curves = survival_curves(rows)
    months = range(1, max((int(row["months"]) for row in curves), default=0) + 1)
    series = []
    for level in dict.fromkeys(row["level"] for row in curves):
        at = {int(row["months"]): row for row in curves if row["level"] == level}
        series.append(_series(words.label(level), [at.get(month, {}) for month in months], "survival"))
    return lines(series, [str(month) for month in months], percent, title)


def type_bars(rows: list[Row], words: Words, title: str) -> Markup:
    """The mix of types by period."""
    return _bars(rows, "type", words, title)


def level_bars(rows: list[Row], words: Words, title: str) -> Markup:
    """The mix of causes or topics by period."""
    return _bars(rows, "level", words, title)


def repurchase_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """Who stays by state, with the textbook's figures beside."""
    return dots([_state_dot(row, words) for row in rows if row["severity"] == "all"], percent, title)


def speed_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """Who stays by hours to resolution."""
    return dots([_dot(hours(row, words), row, "stayed") for row in rows], percent, title)


def level_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """Who stays by what the last complaint was about."""
    return dots([_dot(words.label(row["level"]), row, "stayed") for row in rows], percent, title)


def kept_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """Limits kept by grade or cause, answers and resolutions, with the desk's own record where there is one."""
    found = []
    for row in rows:
        level = words.label(row["grade"] if "grade" in row else row["cause"])
        own = row.get("recorded_kept")
        marks = {words.say("columns", "recorded_kept"): own} if own is not None else {}
        dot = _dot(f"{level} \u00b7 {words.label(row['limit'])}", row, "kept")
        found.append(Dot(dot.label, dot.value, dot.low, dot.high, marks))
    return dots(found, percent, title)


def handler_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """Limits kept by handler."""
    return dots([_dot(words.label(row["handler"]), row, "kept") for row in rows[:20]], percent, title)


def segment_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """Crude retention by segment and level."""
    return dots(
        [_dot(f"{words.label(r['segment'])}: {words.label(r['level'])}", r, "crude") for r in rows], percent, title
    )


def loss_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """Direct loss by type, and by product where it is known."""
    shown = [row for row in rows if row["by"] in ("type", "product")]
    labels = [f"{words.label(row['by'])}: {words.label(row['level'])}" for row in shown]
    found = [Dot(label, row["direct"]) for label, row in zip(labels, shown, strict=True)]
    return dots(found, lambda value: f"{value:,.0f}", title)


def lift_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """How much more often each moment lies before a defection."""
    shown = [_dot(words.label(row["moment"]), row, "lift") for row in rows if row["lift"]]
    return dots(shown, lambda v: f"\u00d7{number(round(v, 2))}", title, one=1.0, log=True)


def window_dots(rows: list[Row], words: Words, title: str) -> Markup:
    """The rate by length of the window, and the share that came back."""
    found = []
    for row in rows:
        change = f"{signed(row['change']).removesuffix('.0')}%"
        found.append(_dot(f"{words.say('columns', 'rate')} {change}", row, "rate"))
        found.append(_dot(f"{words.say('columns', 'back')} {change}", row, "back"))
    return dots(found, percent, title)


def hours(row: Row, words: Words) -> str:
    """A class of hours in words."""
    if not row["resolved"]:
        return words.say("page", "unresolved")
    return (
        words.say("page", "longer")
        if row["hours_upto"] is None
        else words.say("page", "within", hours=number(row["hours_upto"]))
    )


@dataclass(frozen=True)
class Block:
    """A table of a section: its chart, whether the table itself stands open, and which of its rows are printed."""

    table: str
    chart: Chart | None = None
    open: bool = False
    pick: Callable[[list[Row]], list[Row]] = list


BLOCKS: dict[str, tuple[Block, ...]] = {
    "disagreement": (Block("said", open=True), Block("pairs", open=True), Block("rules", open=True)),
    "retention": (Block("by_period", retention_lines), Block("changes"), Block("by_segment", segment_dots)),
    "cohorts": (),  # drawn as triangles
    "defection": (
        Block("by_period", rate_lines), Block("types", type_bars),
        Block("survival", survival_lines, pick=survival_steps),
        Block("returners", open=True), Block("backsliding", open=True),
    ),
    "sensitivity": (Block("windows", window_dots),),
    "complaints": (
        Block("repurchase", repurchase_dots), Block("speed", speed_dots), Block("stay_by_limit", level_dots),
        Block("stay_by_cause", level_dots), Block("stay_by_topic", level_dots),
        Block("limits_by_grade", kept_dots), Block("limits_by_cause", kept_dots), Block("first_contact", open=True),
        Block("causes_over_time", level_bars), Block("topics_over_time", level_bars),
        Block("handlers", handler_dots), Block("silent", open=True),
    ),
    "ledger": (
        Block("last", loss_dots), Block("next", loss_dots), Block("constants", open=True), Block("largest"),
    ),
    "circle": (Block("moments", lift_dots),),
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A block ready for the template."""

    name: str
    title: str
    intro: str
    chart: Markup
    open: bool
    columns: list[str]
    kinds: list[str]
    rows: list[list[str]]


def shown(section: str, block: Block, rows: list[Row], words: Words) -> Shown:
    """A block in words."""
    title = words.say("tables", block.table)
    table = text_table(block.table, [_readable(row, words) for row in block.pick(rows)], words)
    chart = block.chart(rows, words, title) if block.chart else Markup("")
    intro = words.say("intros", block.table) if words.has("intros", block.table) else ""
    return Shown(f"{section}-{block.table}", title, intro, chart, block.open, table.columns, table.kinds, table.rows)


def _readable(row: Row, words: Words) -> Row:
    """A class of hours reads better as one column."""
    if "hours_upto" not in row:
        return row
    return {"hours": hours(row, words), **{k: v for k, v in row.items() if k not in ("hours_upto", "resolved")}}


def _state_dot(row: Row, words: Words) -> Dot:
    marks = {
        words.say("columns", name): row[name]
        for name in ("reference_large", "reference_small")
        if row[name] is not None
    }
    dot = _dot(words.label(row["state"]), row, "stayed")
    return Dot(dot.label, dot.value, dot.low, dot.high, marks)


def _dot(label: str, row: Row, column: str) -> Dot:
    return Dot(label, row[column], row[f"{column}_low"], row[f"{column}_high"])


def _series(name: str, rows: list[Row], column: str) -> Series:
    values, lows, highs = ([row.get(f"{column}{end}") for row in rows] for end in ("", "_low", "_high"))
    return Series(name, values, lows, highs)


def _bars(rows: list[Row], column: str, words: Words, title: str) -> Markup:
    """The seven most frequent levels; the rest together."""
    levels = list(dict.fromkeys(row[column] for row in rows))
    bars = []
    for period in dict.fromkeys(row["period"] for row in rows):
        shares = {row[column]: row["share"] or 0.0 for row in rows if row["period"] == period}
        listed = [shares.get(level, 0.0) for level in levels]
        bars.append((period, listed[:7] + ([sum(listed[7:])] if len(levels) > 7 else [])))
    names = [words.label(level) for level in levels[:7]] + ([words.label("other")] if len(levels) > 7 else [])
    return stacked(bars, names, title)
