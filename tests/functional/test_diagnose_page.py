"""The page: the same words in both languages, nothing to load, and looked at in a real browser."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.contradictions import RULES
from pipeline.diagnose import diagnose, write_page
from pipeline.diagnosis.page.blocks import BLOCKS
from pipeline.diagnosis.page.render import render
from pipeline.diagnosis.page.words import LANGUAGES, words
from pipeline.diagnosis.result import Diagnosis
from tests.functional.company import write

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
)  # fmt: skip
# A window cannot be narrower than 500 pixels, a frame can; in a srcdoc the page may be measured from outside.
FRAME = """<!DOCTYPE html><body><iframe width="{width}" height="900" style="border:0" srcdoc="{page}"></iframe>
<script>addEventListener("load", () => {{
  const inside = document.querySelector("iframe");
  document.body.dataset.wide = inside.contentDocument.documentElement.scrollWidth;
  document.body.dataset.view = inside.contentWindow.innerWidth;
}})</script></body>"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Diagnosis]:
    path = write(tmp_path_factory.mktemp("company"))
    text = path.read_text(encoding="utf-8") + "\ndiagnosis: {period: month, segments: [region]}\n"
    path.write_text(text, encoding="utf-8")
    yield diagnose(path)


class Outline(HTMLParser):
    """What a screen reader goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.charts: list[str | None] = []
        self.tables = self.captions = self.heads = 0
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.language = given.get("lang") if tag == "html" else self.language
        self.charts += [given.get("aria-label")] if tag == "svg" and given.get("role") == "img" else []
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.heads += tag == "th" and "scope" in given


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    return found


def test_both_languages_have_the_same_words() -> None:
    english, chinese = words("en").texts, words("zh").texts
    for group, texts in english.items():
        missing = set(texts) ^ set(chinese[group]) if group != "levels" else set(texts) - set(chinese[group])
        assert not missing, f"{group}: {missing}"


def test_every_contradiction_has_a_chinese_sentence() -> None:
    assert {rule.says for rule in RULES} - set(words("zh").texts["levels"]) == set()


def test_placeholders_are_the_same_in_both_languages() -> None:
    english, chinese = words("en").texts, words("zh").texts
    for group in ("page", "notes"):
        for key, text in english[group].items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", chinese[group][key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_loads_nothing(found: Diagnosis, language: str) -> None:
    page = render(found, language)
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:,)", page)
    assert "http" not in page
    assert "url(" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_can_be_read_without_seeing_it(found: Diagnosis, language: str) -> None:
    seen = outline(render(found, language))
    assert seen.language == {"en": "en", "zh": "zh-Hans"}[language]
    assert seen.headings[0] == 1 and seen.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(seen.headings, seen.headings[1:], strict=False))
    assert seen.charts and all(seen.charts)
    assert seen.tables == seen.captions > 0
    assert seen.heads > seen.tables


def test_every_chart_has_a_table_behind_it(found: Diagnosis) -> None:
    page = render(found)
    for part in page.split("<figure>")[1:]:
        assert "<table>" in part.split("<h3")[0]


def test_every_table_of_a_section_has_its_place_on_the_page(found: Diagnosis) -> None:
    for section in found.sections:
        placed = {block.table for block in BLOCKS[section.name]} | {"triangle"}
        assert set(section.tables) <= placed


def test_what_customers_wrote_cannot_become_markup(found: Diagnosis) -> None:
    from dataclasses import replace

    evil = replace(found, config="<img src=x onerror=alert(1)>")
    assert "<img" not in render(evil)


def looked_at(tmp_path: Path, page: Path, width: int, height: int) -> tuple[str, str, Path]:
    """The page after a browser has laid it out, what the browser complained about, and a picture."""
    if BROWSER is None:
        pytest.skip("no Chromium found: the page was not looked at in a browser")
    framed = tmp_path / "framed.html"
    framed.write_text(FRAME.format(width=width, page=escape(page.read_text(encoding="utf-8"))), encoding="utf-8")
    common = [BROWSER, *QUIET, f"--window-size={width},{height}"]
    dump = _run([*common, f"--user-data-dir={tmp_path / 'one'}", "--dump-dom", framed.as_uri()])
    picture = tmp_path / f"{width}.png"
    _run([*common, f"--user-data-dir={tmp_path / 'two'}", f"--screenshot={picture}", page.as_uri()])
    return dump.stdout, dump.stderr, picture


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [390, 1100])
def test_a_browser_shows_the_page_without_overflow_or_complaint(
    found: Diagnosis, tmp_path: Path, language: str, width: int
) -> None:
    page = tmp_path / "page.html"
    write_page(found, page, language)
    dom, complaints, picture = looked_at(tmp_path, page, width, 900)
    wide, view = (int(re.search(rf'data-{name}="(\d+)"', dom).group(1)) for name in ("wide", "view"))  # type: ignore[union-attr]
    assert view == width
    assert wide <= view
    assert "CONSOLE" not in complaints
    assert escape(words(language).say("sections", "retention")) in dom
    assert picture.stat().st_size > 20_000
