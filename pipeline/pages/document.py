"""A page as data: sections of text, tables and charts, and the HTML made from them.

The HTML is one self-contained file: styles and charts are inline, there are no scripts, texts are escaped. It prints,
and it fits a phone: charts shrink, wide tables scroll inside their own frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, TypeAlias

from pipeline.pages.axes import Axis
from pipeline.pages.charts import Layer, drawing

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"behind": "The numbers behind the chart", "contents": "Contents"},
    "zh": {"behind": "图中的数字", "contents": "目录"},
}
TAGS: Mapping[str, str] = {"en": "en", "zh": "zh-Hans"}  # languages as browsers and screen readers know them


Cell: TypeAlias = str | tuple[str, str]


@dataclass(frozen=True)
class Text:
    """A paragraph; `warning` marks what a reader must not miss."""

    kind: ClassVar[str] = "text"
    says: str
    warning: bool = False


@dataclass(frozen=True)
class Notes:
    """A list of short remarks."""

    kind: ClassVar[str] = "notes"
    remarks: Sequence[str]
    warning: bool = False


@dataclass(frozen=True)
class Table:
    """Cells as they are shown, or pairs of a text and a smaller remark below it.

    The first `words` columns stand to the left, figures to the right.

    `folded` hides it behind its caption until it is opened.
    """

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    words: int = 1
    folded: bool = False


@dataclass(frozen=True)
class Chart:
    """Layers over two axes, with the numbers behind them; `says` is what someone who cannot see it is told."""

    kind: ClassVar[str] = "chart"
    title: str
    says: str
    x: Axis
    y: Axis
    layers: Sequence[Layer]
    table: Table

    @property
    def svg(self) -> str:
        """The drawing."""
        return drawing(self.layers, self.x, self.y, title=self.title, says=self.says)

    @property
    def legend(self) -> list[tuple[str, int, str]]:
        """Name, style and sign of the layers, where there are several to tell apart."""
        named = [(layer.name, layer.style, layer.mark) for layer in self.layers if layer.name]
        return named if len(named) > 1 else []


@dataclass(frozen=True)
class Ranking:
    """Things in order of size, each with a bar: (name, remark, size between 0 and 1, the figure as shown)."""

    kind: ClassVar[str] = "ranking"
    head: tuple[str, str]
    items: Sequence[tuple[str, str, float, str]]


Block: TypeAlias = Text | Notes | Table | Chart | Ranking


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; neighbouring charts share a row where there is room."""

    title: str
    blocks: Sequence[Block]

    @property
    def key(self) -> str:
        """Its anchor in the page."""
        return "-".join(self.title.lower().split())

    @property
    def rows(self) -> list[tuple[str, list[Block]]]:
        """Runs of charts as one `charts` row, every other block on its own."""
        found: list[tuple[str, list[Block]]] = []
        for block in self.blocks:
            if block.kind == "chart" and found and found[-1][0] == "charts":
                found[-1][1].append(block)
            else:
                found.append(("charts" if block.kind == "chart" else block.kind, [block]))
        return found


@dataclass(frozen=True)
class Fact:
    """A figure that comes first, and what it is."""

    value: str
    label: str
    warning: bool = False


@dataclass(frozen=True)
class Page:
    """A whole page. `subtitle` says what and when; `facts` are the figures to see before reading."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    facts: Sequence[Fact] = ()
    language: str = "en"


def document(page: Page) -> str:
    """The page as HTML."""
    return rendered("pages/document.html.j2", page=page, language=page.language, words=WORDS[page.language])


def rendered(template: str, *, language: str, **values: Any) -> str:
    """A template of this package by its path inside `pipeline`; every value is escaped, a missing one is an error."""
    text: str = _environment().get_template(template).render(language=language, tags=TAGS, **values)
    return text


@cache
def _environment() -> Any:
    """Kept, because to compile a template takes longer than to render it."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["moment"] = moment_text
    return made


def moment_text(moment: datetime) -> str:
    """A time as people read it; midnight is a date without a time.

    >>> moment_text(datetime(2026, 3, 2, 9, 30)), moment_text(datetime(2026, 3, 2))
    ('2026-03-02 09:30', '2026-03-02')
    """
    return f"{moment:%Y-%m-%d}" if moment.time() == time() else f"{moment:%Y-%m-%d %H:%M}"


def _source(name: str) -> str:
    return files("pipeline").joinpath(name).read_text(encoding="utf-8")
