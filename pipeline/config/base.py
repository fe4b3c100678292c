"""What every section of the config shares: frozen, unknown keys refused, paths with environment variables."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from features.errors import ConfigError

VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class Section(BaseModel):
    """A part of the config; immutable, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def expand(text: str, environment: Mapping[str, str] = os.environ, *, where: str = "") -> str:
    """Replace `${NAME}` and `${NAME:-default}` by environment variables.

    >>> expand("${DATA:-here}/x.csv", {}), expand("${DATA}/x.csv", {"DATA": "/d"})
    ('here/x.csv', '/d/x.csv')
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        found = environment.get(name) or default
        if found is None:
            raise ConfigError(
                "environment variable is not set",
                where=where,
                value=name,
                fix=f"Set {name} or write ${{{name}:-default}}.",
            )
        return found

    return VARIABLE.sub(value, text)


def resolve(path: str, base: Path, *, where: str = "") -> str:
    """A path of the config: variables expanded, relative to the config's own folder; globs stay globs."""
    expanded = Path(expand(path, where=where)).expanduser()
    return str(expanded if expanded.is_absolute() else base / expanded)
