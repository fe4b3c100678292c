"""The base of all plan settings: frozen, unknown keys refused."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Status = Literal["measured", "published", "textbook", "assumed"]


class Frozen(BaseModel):
    """Settings that cannot change after loading and refuse keys they do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
