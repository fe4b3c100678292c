"""Where the records contradict themselves: counted and shown first, because no average makes them agree.

Within a table the rules are those of `holdfast check`. Between tables the question is who has left: the recorded
defections, the contracts and the firm's own flag each give an answer, and the answers are set side by side.
"""

from dataclasses import dataclass
from itertools import combinations

from features.errors import MissingColumnError
from features.history import quoted
from features.levels import literal
from features.schema import TableShape
from models.at_risk import is_purchase
from pipeline.contradictions import rules_for
from pipeline.diagnosis.gather import Answers, Question
from pipeline.diagnosis.result import Note, Row, Section, spread
from pipeline.diagnosis.scope import Scope
from pipeline.diagnosis.statistics import wilson

EVER = "ever_recorded"
LOUD = 0.01  # a share of contradictions from which the page warns at the top


def questions(scope: Scope) -> tuple[Question, ...]:
    """Counts of broken rules, of events after a recorded defection, and of pairs of answers to who has left."""
    found = _rules(scope)
    sources = _sources(scope)
    if len(sources) > 1:
        columns = ", ".join(f"bool_or({name}) AS {name}" for name in sources)
        parts = " UNION ALL ".join(_said(name, sources) for name in sources)
        said = f"SELECT customer_id, {columns} FROM ({parts}) GROUP BY customer_id"
        counts = f"SELECT {', '.join(sources)}, count(*) AS customers FROM ({said}) GROUP BY ALL"
        found.append(Question("said", counts, tuple(sources), whole=True))
    return tuple(found)


def section(scope: Scope, answers: Answers) -> Section:
    """Broken rules, the answers of each source, and where they differ."""
    rules = _broken(scope, answers)
    tables: dict[str, list[Row]] = {"rules": rules}
    said, sources = answers.get("said", []), list(_sources(scope))
    differ = [_pair(said, one, two) for one, two in combinations(sources, 2) if _comparable(one, two)] if said else []
    if said:
        tables["said"] = [_one(said, source) for source in sources]
        tables["pairs"] = differ
    worst = max(
        [row["share"] or 0 for row in rules if row["certain"]] + [row["disagree_share"] or 0 for row in differ],
        default=0.0,
    )
    if not rules and not any(row["only_one"] or row["only_two"] for row in differ):
        return Section("disagreement", {"worst": 0.0}, tables, (Note("agree"),))
    return Section("disagreement", {"worst": worst}, tables, (Note("disagree"),) if worst >= LOUD else ())


def _rules(scope: Scope) -> list[Question]:
    """One question a table: how many rows break each rule. The rules' words are in `_checks`."""
    found = []
    for shape in scope.shapes.values():
        checks = _checks(scope, shape)
        if checks:
            counts = ", ".join(
                f"count(*) FILTER (WHERE {check.condition}) AS rule_{n}" for n, check in enumerate(checks)
            )
            joins = "".join(dict.fromkeys(check.join for check in checks))
            sql = f"SELECT 0 AS k, count(*) AS total, {counts} FROM {quoted(shape.name)} e{joins}"
            found.append(Question(f"rules_{shape.name}", sql, ("k",), whole=True))
    return found


@dataclass(frozen=True)
class Check:
    """Rows of a table (alias e) that meet the condition contradict something; `certain` unless a return explains it."""

    says: str
    condition: str
    join: str = ""
    certain: bool = True


def _checks(scope: Scope, shape: TableShape) -> list[Check]:
    customers = " LEFT JOIN customers c ON c.customer_id = e.customer_id"
    rules = rules_for(shape, scope.shapes)
    found = [Check(r.says, r.condition, customers if "c." in r.condition else "") for r in rules]
    if shape.time and shape.name != "defections" and scope.has("defections"):
        ever = "SELECT customer_id, min(occurred_at) AS left_at FROM defections GROUP BY customer_id"
        says = f"{shape.time} after the customer's first recorded defection (came back, or a contradiction)"
        join = f" LEFT JOIN ({ever}) d ON d.customer_id = e.customer_id"
        found.append(Check(says, f"e.{quoted(shape.time)} > d.left_at", join, certain=False))
    return found


def _broken(scope: Scope, answers: Answers) -> list[Row]:
    found = []
    for shape in scope.shapes.values():
        counts = answers.get(f"rules_{shape.name}", [])
        for n, check in enumerate(_checks(scope, shape) if counts else []):
            rows, total = counts[0][f"rule_{n}"], counts[0]["total"]
            if rows:
                found.append(
                    {"table": shape.name, "says": check.says, "certain": check.certain, "rows": rows, "of": total,
                     "share": rows / total}
                )  # fmt: skip
    return found


def _sources(scope: Scope) -> dict[str, tuple[str, str]]:
    """Each record that says who has left: a condition, and the relation it holds on."""
    found, flag = {}, scope.settings.left_flag
    moment = f"TIMESTAMP '{scope.as_of}'"
    if scope.has("defections"):
        found["defections"] = ("gone", f"({_recorded(scope)})")
        ever = "SELECT customer_id, customer_id IN (SELECT customer_id FROM defections) AS gone FROM customers"
        found[EVER] = ("gone", f"({ever})")
    if scope.has("contracts", "ends_at") or scope.has("contracts", "ended_at"):
        ends = [name for name in ("ended_at", "ends_at") if scope.has("contracts", name)]
        until = f"coalesce({', '.join(ends)}, TIMESTAMP 'infinity')"
        rows = f"SELECT customer_id, max({until}) < {moment} AS gone FROM contracts GROUP BY customer_id"
        found["contracts"] = ("gone", f"({rows})")
    if flag is not None:
        if not scope.has("customers", flag.column):
            known = scope.shapes["customers"].columns
            raise MissingColumnError(flag.column, where="diagnosis.left_flag", present=known)
        value = literal(str(flag.value).lower())
        found["flag"] = (f"lower(CAST({quoted(flag.column)} AS VARCHAR)) = {value}", "customers")
    return found


def _recorded(scope: Scope) -> str:
    """By the recorded defections: gone, unless something was bought or signed after the last."""
    back = ["SELECT NULL::VARCHAR AS customer_id, NULL::TIMESTAMP AS met_at"]
    if scope.has("transactions"):
        back.append(
            f"SELECT customer_id, occurred_at FROM transactions WHERE {is_purchase(scope.shapes['transactions'])}"
        )
    if scope.has("contracts"):
        back.append("SELECT customer_id, starts_at FROM contracts")
    return f"""SELECT c.customer_id, d.left_at IS NOT NULL AND coalesce(d.left_at >= b.back_at, TRUE) AS gone
FROM customers c
LEFT JOIN (SELECT customer_id, max(occurred_at) AS left_at FROM defections GROUP BY customer_id) d
  ON d.customer_id = c.customer_id
LEFT JOIN (SELECT customer_id, max(met_at) AS back_at FROM ({" UNION ALL ".join(back)}) GROUP BY customer_id) b
  ON b.customer_id = c.customer_id"""


def _said(name: str, sources: dict[str, tuple[str, str]]) -> str:
    """What one source says of each customer it knows, in its own column."""
    condition, table = sources[name]
    columns = ", ".join(f"{condition} AS {n}" if n == name else f"NULL::BOOLEAN AS {n}" for n in sources)
    return f"SELECT customer_id, {columns} FROM {table}"


def _one(said: list[Row], source: str) -> Row:
    known = sum(row["customers"] for row in said if row[source] is not None)
    gone = sum(row["customers"] for row in said if row[source])
    return {"source": source, "customers": known, "gone": gone, **spread("share", wilson(gone, known))}


def _comparable(one: str, two: str) -> bool:
    """Who once left may have come back, so only a flag that knows no return is compared with that."""
    return EVER not in (one, two) or "flag" in (one, two)


def _pair(said: list[Row], one: str, two: str) -> Row:
    """How two records answer for the customers both know."""
    counts = dict.fromkeys(((a, b) for a in (True, False) for b in (True, False)), 0)
    for row in said:
        if row[one] is not None and row[two] is not None:
            counts[row[one], row[two]] += row["customers"]
    known, apart = sum(counts.values()), counts[True, False] + counts[False, True]
    return {
        "one": one,
        "two": two,
        "customers": known,
        "both": counts[True, True],
        "only_one": counts[True, False],
        "only_two": counts[False, True],
        "neither": counts[False, False],
        "disagree": apart,
        "disagree_share": apart / known if known else None,
    }
