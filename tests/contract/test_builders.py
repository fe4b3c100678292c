"""What every feature group promises, whatever tables the user has."""

import importlib
import inspect
import pkgutil
from dataclasses import replace
from datetime import datetime

import pytest

import features
from features.builders import BUILDERS, chosen
from features.engine import catalogue, level_columns, plan
from features.errors import ConfigError
from features.history import History
from features.schema import SCHEMAS, TableShape
from features.spec import Builder, Feature, FeatureSettings, Group
from tests.companies import EVENTS, SETTINGS, matrix_of, whole_shapes
from tests.random_companies import CUSTOMERS, SNAPSHOT, company

SHAPES = whole_shapes()
LEVELS = dict.fromkeys(level_columns(SHAPES, SETTINGS), ("a", "A ", "价格", "don't {x}"))
WHOLE = replace(SETTINGS, levels=LEVELS)
GROUPS = plan(SHAPES, WHOLE)
AS_OF = datetime(2024, 3, 1)


def narrowed(*tables: str, required_only: bool = False) -> dict[str, TableShape]:
    """The shapes of some tables, with all columns or just the required ones."""
    found = {}
    for name in tables:
        shape = SHAPES[name]
        keep = set(SCHEMAS[name].required if name in SCHEMAS else ("customer_id", "occurred_at"))
        columns = {c: t for c, t in shape.columns.items() if not required_only or c in keep}
        found[name] = replace(shape, columns=columns, late={c: a for c, a in shape.late.items() if c in columns})
    return found


def test_every_builder_defined_in_the_package_is_registered() -> None:
    modules = [importlib.import_module(f"features.{m.name}") for m in pkgutil.iter_modules(features.__path__)]
    defined = {
        found
        for module in modules
        for found in vars(module).values()
        if inspect.isclass(found) and issubclass(found, Builder) and found is not Builder
    }
    assert defined == {type(builder) for builder in BUILDERS}


def test_feature_names_are_unique_and_begin_with_their_group() -> None:
    names = [entry.name for entry in catalogue(GROUPS)]
    assert len(set(names)) == len(names)
    assert all(entry.name.startswith(f"{entry.group}__") for entry in catalogue(GROUPS))


def test_the_matrix_has_exactly_the_columns_of_the_catalogue_in_its_order() -> None:
    matrix = matrix_of({}, [("ann", AS_OF)], WHOLE, SHAPES)
    assert matrix.column_names == ["customer_id", "as_of", *(entry.name for entry in catalogue(GROUPS))]


def test_every_feature_says_what_it_means_and_in_which_unit() -> None:
    for entry in catalogue(GROUPS):
        assert entry.meaning and entry.unit and entry.source and entry.null, entry


def test_windows_stand_in_the_name_of_every_windowed_feature() -> None:
    for entry in catalogue(GROUPS):
        assert entry.window_days is None or entry.name.endswith(f"_{entry.window_days}d"), entry.name


def test_what_is_said_never_to_be_null_is_never_null() -> None:
    never = [entry.name for entry in catalogue(GROUPS) if entry.null == "never"]
    snapshots = [(who, SNAPSHOT) for who in (*CUSTOMERS, "unknown")]
    for tables in ({}, company(SHAPES, seed=5), company(SHAPES, seed=6, most_rows=2)):
        matrix = matrix_of(tables, snapshots, WHOLE, SHAPES)
        assert [name for name in never if matrix[name].null_count] == []


def test_counts_are_never_null() -> None:
    for group in GROUPS:
        for feature in (feature for block in group.blocks for feature in block.features):
            assert feature.sql != "count(*)" or feature.empty == "0", feature


@pytest.mark.parametrize("absent", [*SCHEMAS, *EVENTS])
def test_an_absent_table_only_takes_its_features_away(absent: str) -> None:
    present = narrowed(*(name for name in SHAPES if name != absent))
    names = {entry.name for entry in catalogue(plan(present, WHOLE))}
    assert names < {entry.name for entry in catalogue(GROUPS)}
    assert matrix_of({}, [("ann", AS_OF)], WHOLE, present).num_rows == 1


@pytest.mark.parametrize("table", [*SCHEMAS, *EVENTS])
def test_a_table_with_only_its_required_columns_can_be_used_alone(table: str) -> None:
    shapes = narrowed(table, required_only=True)
    assert matrix_of({}, [("ann", AS_OF)], WHOLE, shapes).num_rows == 1


@pytest.mark.parametrize(
    ("table", "column"),
    [(t, column.name) for t, schema in SCHEMAS.items() for column in schema.columns if not column.required],
)
def test_an_absent_optional_column_is_survived(table: str, column: str) -> None:
    columns = {name: dtype for name, dtype in SHAPES[table].columns.items() if name != column}
    late = {c: at for c, at in SHAPES[table].late.items() if column not in (c, at)}
    gone = {c for c, at in SHAPES[table].late.items() if at == column and c != column}
    shape = replace(SHAPES[table], columns=columns, late=late, withheld=frozenset(gone))
    assert matrix_of({}, [("ann", AS_OF)], WHOLE, {table: shape}).num_rows == 1


def test_user_columns_with_any_name_get_features_with_unlike_names() -> None:
    names = {entry.name for entry in catalogue(GROUPS)}
    assert {"customers__call_failure", "customers__call_failure_2", "customers__地区"} <= names
    assert {"complaints__count_cause_a_365d", "complaints__count_cause_a_2_365d"} <= names


def test_the_names_do_not_depend_on_the_order_of_the_user_s_columns() -> None:
    shapes = {name: replace(s, columns=dict(reversed(s.columns.items()))) for name, s in reversed(SHAPES.items())}
    assert catalogue(plan(shapes, WHOLE)) == catalogue(GROUPS)


def test_a_column_named_like_an_internal_one_is_refused() -> None:
    shape = narrowed("transactions")["transactions"]
    clashing = replace(shape, columns={**shape.columns, "RID": "number"})
    with pytest.raises(ConfigError, match="table transactions: column name is reserved: 'RID'"):
        plan({"transactions": clashing}, WHOLE)


class Loyalty(Builder):
    """A user's own group."""

    name = "loyalty"

    def build(self, history: History, settings: FeatureSettings) -> Group | None:
        from features.spec import Block

        count = Feature("purchases", "count(*)", "purchases", "purchases", "transactions", empty="0")
        return Group(self.name, (Block(history.rows("transactions"), (count,)),))


def test_a_class_of_the_user_s_own_joins_the_groups_named_in_the_config() -> None:
    settings = FeatureSettings(groups=("customers", f"{__name__}:Loyalty"))
    assert [type(builder).__name__ for builder in chosen(settings.groups)] == ["Customers", "Loyalty"]
    assert "loyalty__purchases" in {entry.name for entry in catalogue(plan(SHAPES, settings))}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("complaint", "no such feature group: 'complaint'. Did you mean complaints?"),
        ("no_module:Thing", "feature group not found: 'no_module:Thing'"),
        (f"{__name__}:AS_OF", "not a feature group"),
    ],
)
def test_a_group_that_cannot_be_found_is_refused_with_the_way_out(name: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        chosen((name,))
    assert sentence in str(error.value)
