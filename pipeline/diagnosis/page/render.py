"""Puts the diagnosis on one self-contained page: no script, no address, nothing to load."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from pipeline.diagnosis.page.blocks import BLOCKS, Shown, shown
from pipeline.diagnosis.page.charts import shade
from pipeline.diagnosis.page.tables import NOTHING, number, percent
from pipeline.diagnosis.page.tables import shown as value_text
from pipeline.diagnosis.page.words import Words, words
from pipeline.diagnosis.result import Diagnosis, Row, Section
from pipeline.pages.document import rendered


def render(diagnosis: Diagnosis, language: str = "en") -> str:
    """The page as HTML text. Raises UsageError for a language there are no words of."""
    spoken = words(language)
    return rendered(
        "diagnosis/page/page.html.j2",
        language=language,
        say=spoken.say,
        diagnosis=diagnosis,
        span=_span(diagnosis, spoken),
        loud=_loud(diagnosis, spoken),
        tiles=tiles(diagnosis, spoken),
        sections=[_section(section, spoken) for section in diagnosis.sections],
    )


def tiles(diagnosis: Diagnosis, spoken: Words) -> list[tuple[str, str]]:
    """The few figures to read first: label and value."""
    rates = diagnosis.section("retention").figures
    found = [
        (spoken.say("columns", name), percent(rates[name]))
        for name in ("crude", "weighted", "customer", "net_revenue")
        if rates.get(name) is not None
    ]
    if rates.get("customers_lost") is not None:
        found.append((spoken.say("tiles", "lost"), f"{rates['customers_lost']:,}"))
    money = diagnosis.section("ledger").figures
    for name in ("last", "next"):
        if name in money:
            found.append((spoken.say("tiles", f"loss_{name}"), value_text("direct", money[name]["direct"], spoken)))
    return found


def _span(diagnosis: Diagnosis, spoken: Words) -> str:
    """Which customers and which time the page is about."""
    periods: list[Mapping[str, Any]] = diagnosis.facts["periods"]
    rows = f"{diagnosis.facts['rows']['customers']:,}"
    if not periods:
        return spoken.say("page", "span_flat", customers=rows)
    return spoken.say("page", "span", customers=rows, first=periods[0]["name"], last=periods[-1]["name"])


def _loud(diagnosis: Diagnosis, spoken: Words) -> list[str]:
    """Records that contradict themselves are said before any figure."""
    return [spoken.note(note) for note in diagnosis.section("disagreement").notes if note.key == "disagree"]


def _section(section: Section, spoken: Words) -> dict[str, Any]:
    blocks = [
        shown(section.name, b, section.tables[b.table], spoken)
        for b in BLOCKS[section.name]
        if section.tables.get(b.table)
    ]
    if section.name == "cohorts" and section.tables:
        blocks = [_triangle(section.tables["triangle"], spoken, which) for which in ("share", "money_share")]
    return {
        "name": section.name,
        "title": spoken.say("sections", section.name),
        "intro": spoken.say("section_intros", section.name),
        "missing": spoken.note(section.missing) if section.missing else "",
        "notes": [spoken.note(note) for note in section.notes],
        "figures": _figures(section, spoken),
        "blocks": [block for block in blocks if block.rows],
    }


def _figures(section: Section, spoken: Words) -> list[tuple[str, str]]:
    """Single figures worth a line: label, value (with source and status where it is a constant)."""
    found = []
    for name, value in section.figures.items():
        if spoken.has("figures", name):
            found.append((spoken.say("figures", name), _figure(name, value, spoken)))
    return found


def _figure(name: str, value: Any, spoken: Words) -> str:
    if isinstance(value, Mapping) and "source" in value:
        amount = (
            f"{number(value['low'])} {NOTHING} {number(value['high'])}"
            if "low" in value
            else number(value["value"])
            if "value" in value
            else ""
        )
        return f"{amount} ({spoken.label(value['status'])}: {spoken.label(value['source'])})".strip()
    if isinstance(value, Mapping):
        return spoken.say("page", "totals", **{k: value_text("direct", v, spoken) for k, v in value.items()})
    if isinstance(value, list):
        return ", ".join(spoken.label(item) for item in value) or spoken.say("page", "none")
    if value is None:
        return NOTHING
    return number(value) if isinstance(value, int | float) else spoken.label(value)


def _triangle(rows: list[Row], spoken: Words, column: str) -> Shown:
    """Cohorts down, age across, shaded by the share: a heat map that is a table."""
    ages = range(max(row["age"] for row in rows) + 1)
    cells = {(row["cohort"], row["age"]): row for row in rows}
    cohorts = list(dict.fromkeys(row["cohort"] for row in rows))
    lines = []
    for cohort in cohorts:
        members = next(row["members"] for row in rows if row["cohort"] == cohort)
        lines.append([cohort, f"{members:,}", *(_heat(cells.get((cohort, age)), column) for age in ages)])
    kept = [line for line in lines if any(isinstance(cell, Markup) for cell in line)]
    heads = [spoken.say("columns", "cohort"), spoken.say("columns", "members"), *(str(age) for age in ages)]
    title, intro = spoken.say("tables", f"triangle_{column}"), spoken.say("intros", f"triangle_{column}")
    return Shown(
        f"cohorts-{column}", title, intro, Markup(""), True, heads, ["words"] + ["figure"] * (len(heads) - 1), kept
    )


def _heat(row: Row | None, column: str) -> str:
    if row is None or row[column] is None:
        return ""
    return Markup('<span class="heat" style="{}">{:.0f}</span>').format(shade(row[column]), 100 * row[column])
