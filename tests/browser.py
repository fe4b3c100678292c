"""Opens a page in a real headless Chromium and says what a reader would see."""

import html
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
)
# Measured where the page is laid out: texts of a chart that leave it or run into each other, and the page's width.
PROBE = """<script>
const box = element => element.getBoundingClientRect();
const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
const clipped = [], colliding = [];
for (const svg of document.querySelectorAll("figure > svg")) {
  const frame = box(svg), texts = [...svg.querySelectorAll("text")];
  for (const [i, text] of texts.entries()) {
    const own = box(text), name = svg.querySelector("title").textContent + ": " + text.textContent;
    if (own.left < frame.left - 1 || own.right > frame.right + 1 || own.bottom > frame.bottom + 1) clipped.push(name);
    for (const other of texts.slice(i + 1))
      if (!apart(own, box(other))) colliding.push(name + " / " + other.textContent);
  }
}
const seen = {
  width: innerWidth, needed: document.documentElement.scrollWidth, clipped, colliding,
  sections: [...document.querySelectorAll("section > h2")].map(h => h.textContent),
  charts: [...document.querySelectorAll("figure > svg")].filter(s => box(s).height > 100).length,
  figures: document.querySelectorAll("figure").length,
  smallest: Math.min(...[...document.querySelectorAll("figure > svg text")].map(t => box(t).height)),
};
const out = parent.document.createElement("pre"); out.id = "seen"; out.textContent = JSON.stringify(seen);
parent.document.body.replaceChildren(out);
</script>"""


@dataclass(frozen=True)
class Seen:
    """What the browser found: measures by name, and lines it wrote to the console."""

    measures: dict[str, Any]
    console: list[str]


def look(page: Path, width: int, height: int = 30_000) -> Seen:
    """Open the page in a view of that size; skip the test where there is no Chromium.

    The view is a frame, because a window cannot be as narrow as a phone; it is high enough to need no scroll bar.
    """
    browser = next((found for name in NAMES if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium to open the page with")
    probed = page.read_text(encoding="utf-8").replace("</body>", f"{PROBE}</body>")
    frame = f'<body><iframe width={width} height={height} style="border: 0" srcdoc="{html.escape(probed)}"></iframe>'
    with tempfile.TemporaryDirectory() as folder:
        outer = Path(folder) / "page.html"
        outer.write_text(f'<!doctype html><meta charset="utf-8">{frame}</body>', encoding="utf-8")
        where = (f"--user-data-dir={folder}/profile", "--window-size=1400,900", "--dump-dom", outer.as_uri())
        done = subprocess.run([browser, *QUIET, *where], capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.S)
    assert found, f"the page was not laid out: {done.stderr[-500:]}"
    return Seen(json.loads(html.unescape(found.group(1))), [x for x in done.stderr.splitlines() if "CONSOLE" in x])
