"""The canonical tables: their columns, types, keys, and when each value became known.

A *late* column is one whose value arrives after its row: the resolution of a complaint, the payment of a contract.
It is known from the time in its `known_from` column; a late time is known from itself. What is not known yet at a
snapshot is NULL there, even when the row is already in the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DType = Literal["text", "timestamp", "number", "flag"]

SQL_TYPE: Mapping[DType, str] = {
    "text": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "number": "DOUBLE",
    "flag": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    `known_from` lists the columns that say when the value became known, best first; the first one the user's table has
    is taken. Empty: known with the row.
    """

    name: str
    dtype: DType
    meaning: str
    required: bool = False
    known_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSchema:
    """A canonical table: what it must and may contain, its key, and the column that places a row in time."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    time: str | None = None
    key: str | None = None

    def column(self, name: str) -> Column | None:
        """The declared column of that name, None for an attribute of the user's own."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be present."""
        return tuple(column.name for column in self.columns if column.required)


def _text(name: str, meaning: str, *known_from: str, required: bool = False) -> Column:
    return Column(name, "text", meaning, required, known_from)


def _time(name: str, meaning: str, *, late: bool = False, required: bool = False) -> Column:
    return Column(name, "timestamp", meaning, required, (name,) if late else ())


def _number(name: str, meaning: str, *known_from: str, required: bool = False) -> Column:
    return Column(name, "number", meaning, required, known_from)


def _flag(name: str, meaning: str, *known_from: str) -> Column:
    return Column(name, "flag", meaning, False, known_from)


CUSTOMER_ID = _text("customer_id", "who", required=True)
OCCURRED_AT = _time("occurred_at", "when it happened", required=True)
KNOWN_AT = _time("known_at", "when the row became known, if later than it happened (or earlier, for a contract)")

CUSTOMERS = TableSchema(
    "customers",
    "one row a customer, with any attributes",
    (
        CUSTOMER_ID,
        _time("joined_at", "when the relationship began", late=True),
        _text("kind", "enterprise or individual"),
        _flag("consent", "may be contacted"),
        _flag("do_not_contact", "must not be contacted"),
        _text("preferred_channel", "channel the customer asked for"),
    ),
    key="customer_id",
)
TRANSACTIONS = TableSchema(
    "transactions",
    "purchases and returns",
    (
        CUSTOMER_ID,
        OCCURRED_AT,
        KNOWN_AT,
        _number("amount", "money paid, negative for a return", required=True),
        _number("margin", "profit on it"),
        _number("quantity", "units"),
        _text("product", "product bought"),
        _text("category", "product category"),
        _text("order_id", "order the line belongs to"),
        _text("kind", "purchase or return"),
    ),
    time="occurred_at",
)
CONTRACTS = TableSchema(
    "contracts",
    "agreements with a start and an end as signed",
    (
        CUSTOMER_ID,
        _text("contract_id", "the agreement", required=True),
        _time("starts_at", "first day of cover", required=True),
        _time("ends_at", "last day of cover as signed; NULL: open-ended"),
        KNOWN_AT,
        _time("ended_at", "the day cover really ended, where it differs from the end as signed", late=True),
        _number("price", "price of the whole contract"),
        _text("plan", "what was agreed"),
        _flag("auto_renew", "renews by itself"),
        _time("renewed_at", "when its renewal was agreed", late=True),
        _time("paid_at", "when it was paid", late=True),
    ),
    time="starts_at",
    key="contract_id",
)
COMPLAINTS = TableSchema(
    "complaints",
    "expressed dissatisfactions",
    (
        CUSTOMER_ID,
        _text("complaint_id", "the case", required=True),
        _time("opened_at", "when it was voiced", required=True),
        KNOWN_AT,
        _time("responded_at", "first answer", late=True),
        _time("resolved_at", "resolution", late=True),
        _time("reopened_at", "reopened after a resolution", late=True),
        _time("escalated_at", "taken to an authority", late=True),
        _time("rated_at", "when the customer rated the handling", late=True),
        _text("cause", "why (attitude, product, scope, misuse, misunderstanding, habit, venting)"),
        _text("topic", "what it was about"),
        _text("grade", "1 to 5: how high it must climb"),
        _text("channel", "how it was voiced"),
        _flag("satisfied", "content with the handling", "rated_at", "resolved_at"),
        _number("compensation", "money or value given", "resolved_at"),
        _flag("escalated", "taken to an authority", "escalated_at", "resolved_at"),
        _text("handled_by", "who handled it", "responded_at", "resolved_at"),
        _text("text", "the customer's words"),
    ),
    time="opened_at",
    key="complaint_id",
)
CONTACTS = TableSchema(
    "contacts",
    "contacts the firm made to keep customers",
    (
        CUSTOMER_ID,
        OCCURRED_AT,
        KNOWN_AT,
        _text("channel", "how"),
        _text("action", "what was offered"),
        _text("agent", "who made it"),
        _number("cost", "cost of the contact"),
        _time("outcome_at", "when its outcome was known", late=True),
        _text("outcome", "accepted, declined, unreached", "outcome_at"),
        _text("arm", "treat or control"),
    ),
    time="occurred_at",
)
SURVEYS = TableSchema(
    "surveys",
    "answers to questions asked",
    (
        CUSTOMER_ID,
        OCCURRED_AT,
        KNOWN_AT,
        _number("score", "the answer", required=True),
        _text("kind", "nps, csat, ..."),
        _text("text", "the customer's words"),
    ),
    time="occurred_at",
)
DEFECTIONS = TableSchema(
    "defections",
    "customers who left, as recorded",
    (
        CUSTOMER_ID,
        OCCURRED_AT,
        KNOWN_AT,
        _text("reason", "the recorded reason"),
        _text("type", "price, product, service, self or unknown"),
    ),
    time="occurred_at",
)

SCHEMAS: Mapping[str, TableSchema] = {
    schema.name: schema for schema in (CUSTOMERS, TRANSACTIONS, CONTRACTS, COMPLAINTS, CONTACTS, SURVEYS, DEFECTIONS)
}

DEFECTION_TYPES = ("price", "product", "service", "self", "unknown")


def event_schema(name: str, columns: Mapping[str, DType]) -> TableSchema:
    """The schema of a further event table with the user's declared numeric and category columns."""
    extra = tuple(Column(column, dtype, "declared by the user") for column, dtype in columns.items())
    return TableSchema(name, "further events", (CUSTOMER_ID, OCCURRED_AT, KNOWN_AT, *extra), time="occurred_at")


@dataclass(frozen=True)
class TableShape:
    """What a prepared table of the user really has: column types, its time, and when each late column is known.

    `late` maps a column to the column that says from when its value is known. `withheld` are late columns of which
    nothing says when they were known: features do not see them.
    """

    name: str
    columns: Mapping[str, DType]
    time: str | None
    key: str | None
    late: Mapping[str, str] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()

    def has(self, *columns: str) -> bool:
        """Whether all these columns are there."""
        return all(column in self.columns for column in columns)


def shape_of(schema: TableSchema, columns: Mapping[str, DType], late: Mapping[str, str] | None = None) -> TableShape:
    """The shape of a table with `columns`: the schema's late columns, and those the user declared in `late`.

    A late column of which no column says when it was known is withheld. Where it really is known with its row, the
    user declares it late with the row's own time.
    """
    found = dict(late or {})
    withheld = set()
    for column in schema.columns:
        if column.name not in columns or column.name in found or not column.known_from:
            continue
        source = next((name for name in column.known_from if name in columns), None)
        if source is None:
            withheld.add(column.name)
        else:
            found[column.name] = source
    return TableShape(schema.name, dict(columns), schema.time, schema.key, found, frozenset(withheld))
