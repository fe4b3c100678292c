"""Labels of many customers at many moments, with the same rules as training, but from no more rows than they need.

`models.outcomes.label_sql` asks every table since when a customer is one, and adds up money. The panel knows both, so
here it sees only the tables that its kind of outcome reads, under their own names in a schema of their own.
"""

import duckdb

from features.history import quoted
from features.schema import TableShape
from models.outcome_kinds import Cancel, ContractEnd, Outcome
from models.outcomes import label_sql
from pipeline.diagnosis.scope import Scope

SEEN = TableShape("customers", {"customer_id": "text", "joined_at": "timestamp"}, None, "customer_id")


def label(con: duckdb.DuckDBPyConnection, scope: Scope, outcome: Outcome) -> None:
    """Create `labels` (rid, status, defected, defected_at, type) for `snapshots`; `who` says since when."""
    shapes = {"customers": SEEN}
    con.execute("CREATE SCHEMA labelling")
    con.execute("CREATE VIEW labelling.customers AS SELECT customer_id, seen_at AS joined_at FROM main.who")
    for name in _needed(outcome):
        if name in scope.shapes:
            shapes[name] = scope.shapes[name]
            con.execute(
                f"CREATE VIEW labelling.{quoted(name)} AS SELECT * FROM main.{quoted(name)}{_only(outcome, name)}"
            )
    con.execute("SET search_path = 'labelling,main'")
    sql = label_sql(outcome, shapes)
    con.execute(f"CREATE TABLE main.labels AS SELECT rid, status, defected, defected_at, type FROM ({sql})")
    con.execute("SET search_path = 'main'")


def _needed(outcome: Outcome) -> tuple[str, ...]:
    match outcome:
        case Cancel():
            return ("defections", "transactions", "contracts")
        case ContractEnd():
            return ("defections", "contracts")
        case _:
            return ("defections", "transactions")


def _only(outcome: Outcome, table: str) -> str:
    """Where customers cancel, purchases and contracts matter only to those who did: did they come back?"""
    if isinstance(outcome, Cancel) and table != "defections":
        return " WHERE customer_id IN (SELECT customer_id FROM main.defections)"
    return ""
