"""Defection: its rate, types, timing, who comes back, and who slides back without leaving."""

from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.result import Note, Row, Section, spread
from pipeline.diagnosis.retention import WEIGHT
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.statistics import NOTHING, wilson
from pipeline.diagnosis.timing import survival, survival_question

RETURN_WITHIN = (1, 2, 4)  # periods


def questions(scope: Scope) -> tuple[Question, ...]:
    """Counts by period, by type, of returns by periods away, of fallen purchases; time at risk by tenure."""
    shown = f"base AND p >= 0 AND p <= {scope.last}"
    n, fall = scope.settings.base_periods, scope.settings.backslide_share.value
    fell = f"money_after < {1 - fall!r} * money_before"
    slid = f"""SELECT p, count(*) AS steady, count(*) FILTER (WHERE {fell}) AS slid, sum(money_before) AS base,
  sum(money_before - money_after) FILTER (WHERE {fell}) AS fallen
FROM panel WHERE {shown} AND NOT gone AND stays_on AND money_before > 0 AND p + {n} <= {len(scope.periods)}
GROUP BY p"""
    types = (
        f"SELECT p, type, count(*) AS defected, sum({WEIGHT}) AS weight FROM panel WHERE {shown} AND gone GROUP BY ALL"
    )
    counts = (
        f"SELECT p, count(*) AS customers, count(*) FILTER (WHERE gone) AS defected FROM panel WHERE {shown} GROUP BY p"
    )
    found = [Question("defected", counts, ("p",)), Question("types", types, ("p", "type"))]
    if scope.flat:
        return tuple(found)
    returns = f"SELECT p, next_here - p AS away, count(*) AS cases FROM panel WHERE {shown} AND gone GROUP BY ALL"
    found += [Question("returns", returns, ("p", "away")), survival_question(scope)]
    return (*found, Question("slid", slid, ("p",))) if scope.pays else tuple(found)


def section(scope: Scope, answers: Answers) -> Section:
    """Tables by period, of types, returners, backsliding and survival."""
    periods = [_rate(scope, row) for row in answers["defected"]]
    tables = {"by_period": periods, "types": _types(scope, answers["types"])}
    notes = [] if any(row["type"] != "unknown" for row in answers["types"]) else [Note("no_reasons")]
    if scope.flat:
        return Section("defection", tables=tables, notes=(*notes, Note("needs_time")))
    tables["returners"] = _returners(scope, answers["returns"])
    tables["survival"] = survival(scope, answers["survival"])
    if scope.pays:
        tables["backsliding"] = [_slid(scope, row) for row in answers["slid"]]
    else:
        notes.append(Note("no_money"))
    return Section("defection", _figures(scope, answers, tables), tables, tuple(notes))


def _rate(scope: Scope, row: Row) -> Row:
    return {
        "period": scope.name(row["p"]),
        "customers_start": row["customers"],
        "defected": row["defected"],
        **spread("rate", wilson(row["defected"], row["customers"])),
    }


def _types(scope: Scope, rows: list[Row]) -> list[Row]:
    """The mix by period; money is the share of the leavers' base-period purchases."""
    found = []
    for p in sorted({row["p"] for row in rows}):
        here = [row for row in rows if row["p"] == p]
        total, money = sum(row["defected"] for row in here), sum(row["weight"] or 0 for row in here)
        for row in here:
            found.append(
                {
                    "period": scope.name(p),
                    "type": row["type"],
                    "defected": row["defected"],
                    **spread("share", wilson(row["defected"], total)),
                    "money_share": (row["weight"] or 0) / money if scope.pays and money else None,
                }
            )
    return found


def _returners(scope: Scope, rows: list[Row]) -> list[Row]:
    """Of those who left early enough to be watched for k periods, the share who were customers again within them."""
    found = []
    for within in RETURN_WITHIN:
        watched = [row for row in rows if row["p"] + within <= len(scope.periods)]
        left = sum(row["cases"] for row in watched)
        back = sum(row["cases"] for row in watched if row["away"] is not None and row["away"] <= within)
        if left:
            found.append({"within_periods": within, "left": left, "back": back, **spread("share", wilson(back, left))})
    return found


def _slid(scope: Scope, row: Row) -> Row:
    return {
        "period": scope.name(row["p"]),
        "stayed": row["steady"],
        "slid_back": row["slid"],
        **spread("share", wilson(row["slid"], row["steady"])),
        "money_fallen": row["fallen"] or 0.0,
        "money_share": (row["fallen"] or 0.0) / row["base"] if row["base"] else None,
    }


def _figures(scope: Scope, answers: Answers, tables: dict[str, list[Row]]) -> Row:
    slid = answers.get("slid", [])
    steady, fell = sum(row["steady"] for row in slid), sum(row["slid"] for row in slid)
    share = wilson(fell, steady) if slid else NOTHING
    last = tables["by_period"][-1] if tables["by_period"] else {}
    return {
        "period": last.get("period"),
        "rate": last.get("rate"),
        "rate_low": last.get("rate_low"),
        "rate_high": last.get("rate_high"),
        **spread("backsliding", share),
        "backslide_share": scope.settings.backslide_share.model_dump(),
    }
