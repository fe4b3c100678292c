"""The charts of a page as files of their own, for where the page itself is not shown."""

from collections.abc import Iterator
from importlib.resources import files

from pipeline.pages.document import Chart, Page

STYLES = ("pages/style.css", "pages/document.css")
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'


def charts(page: Page) -> Iterator[tuple[str, str]]:
    """Name (section and title) and SVG of each chart, with the page's styles inside."""
    style = "".join(files("pipeline").joinpath(name).read_text(encoding="utf-8") for name in STYLES)
    for section in page.sections:
        for block in section.blocks:
            if isinstance(block, Chart):
                yield f"{section.key}-{_key(block.title)}", standalone(block, style)


def standalone(chart: Chart, style: str) -> str:
    """The drawing as a file that a browser or MLflow's pages can show."""
    start, _, rest = str(chart.svg).partition(">")
    return f"{start} {NAMESPACE}><style><![CDATA[{style}]]></style>{rest}"


def _key(title: str) -> str:
    kept = "".join(letter if letter.isalnum() else " " for letter in title.lower())
    return "-".join(kept.split())
