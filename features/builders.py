"""The feature groups, in the order of the matrix. Adding one: its file, its line here, its spec test."""

import importlib
from collections.abc import Sequence

from features.complaints import Complaints
from features.contacts import Contacts
from features.contracts import Contracts
from features.customers import Customers
from features.defections import Defections
from features.errors import ConfigError, nearest
from features.generic import Generic
from features.indicators import Indicators
from features.resolution import Resolution
from features.spec import Builder
from features.surveys import Surveys
from features.text import Text
from features.transactions import Transactions

BUILDERS: tuple[Builder, ...] = (
    Customers(),
    Transactions(),
    Contracts(),
    Complaints(),
    Resolution(),
    Text(),
    Contacts(),
    Surveys(),
    Defections(),
    Generic(),
    Indicators(),
)


def chosen(groups: Sequence[str] | None) -> tuple[Builder, ...]:
    """The builders of these names, and the user's own named as `module:Class`; all of `BUILDERS` for None.

    >>> [builder.name for builder in chosen(("complaints", "customers"))]
    ['customers', 'complaints']
    """
    if groups is None:
        return BUILDERS
    known = {builder.name for builder in BUILDERS}
    own = tuple(_own(name) for name in groups if ":" in name)
    for name in groups:
        if ":" not in name and name not in known:
            raise ConfigError("no such feature group", where="features.groups", value=name, fix=nearest(name, known))
    return (*(builder for builder in BUILDERS if builder.name in groups), *own)


def _own(reference: str) -> Builder:
    module, _, name = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        fix = f"It is module:Class, in a module beside the config or one that Python finds ({error})."
        raise ConfigError("feature group not found", where="features.groups", value=reference, fix=fix) from error
    if not (isinstance(found, type) and issubclass(found, Builder)):
        fix = "Derive the class from features.spec.Builder."
        raise ConfigError("not a feature group", where="features.groups", value=reference, fix=fix)
    return found()
