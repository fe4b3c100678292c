"""House rules as programs: registration, sizes, no machine paths, clean notebooks, the wheel, current documents."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import features
from features.builders import BUILDERS
from features.spec import Builder
from tools.generate_docs import main as generate_docs

ROOT = Path(__file__).parents[2]
PACKAGES = ("features", "models", "pipeline")
LONGEST_FILE, LONGEST_BODY, USUAL_BODY, MEDIAN_BODY = 500, 60, 25, 7
# A path that exists on one machine only: a home folder, a scratch folder, a mount point.
MACHINE_PATH = re.compile(r"(?<![\w.$}>~)-])/(?:home|root|Users|tmp|mnt|work|opt|private|var/folders)/[\w.-]")
HASHES = ("constraints.txt", "constraints-extras.txt")


def tracked() -> list[Path]:
    """The files of the repository as they stand, or of the folder where there is no repository."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git repository")
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every text file."""
    for path in tracked():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def bodies() -> list[tuple[str, int]]:
    """Lines of each function's body, docstring not counted."""
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                last = node.end_lineno or node.lineno
                length = last - body[0].lineno + 1 if body else 0
                found.append((f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length))
    return found


def test_every_builder_in_a_feature_module_is_registered() -> None:
    registered = {type(builder) for builder in BUILDERS}
    for info in pkgutil.iter_modules(features.__path__):
        module = importlib.import_module(f"features.{info.name}")
        own = [found for _, found in inspect.getmembers(module, inspect.isclass) if found.__module__ == module.__name__]
        missing = [found.__name__ for found in own if issubclass(found, Builder) and found not in registered]
        assert missing == [] or info.name == "spec", f"features.{info.name}: add {missing} to BUILDERS"


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [(name, match.group()) for name, text in texts() for match in MACHINE_PATH.finditer(text)]
    assert found == []


@pytest.mark.parametrize("file", HASHES)
def test_the_constraints_pin_with_hashes_and_name_no_address(file: str) -> None:
    content = (ROOT / file).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", content)
    pins = re.split(r"\n(?=\S)", content.strip())
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_notebooks_hold_no_outputs() -> None:
    """They are kept as text; where one is a notebook file, it is empty."""
    for path in (path for path in tracked() if path.suffix == ".ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == [], path.name


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_fit_on_a_screen() -> None:
    found = bodies()
    lengths = sorted(length for _, length in found)
    assert [(name, length) for name, length in found if length > LONGEST_BODY] == []
    assert lengths[len(lengths) * 9 // 10] <= USUAL_BODY
    assert statistics.median(lengths) <= MEDIAN_BODY


def test_every_test_folder_is_a_package() -> None:
    """Without the chain of __init__.py a test folder could take the place of a package."""
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_generated_documents_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    outdated = generate_docs(["--check"])
    assert outdated == 0, capsys.readouterr().err


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from the folder as it stands."""
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_module_and_its_data(wheel: set[str]) -> None:
    wanted = {path for path in tracked() if path.relative_to(ROOT).parts[0] in PACKAGES}
    assert {str(path.relative_to(ROOT)) for path in wanted} - wheel == set()
    assert {name.rpartition(".")[2] for name in wheel} >= {"py", "yaml", "j2", "css"}
    assert "pipeline/configs/demo.yaml" in wheel
    assert "pipeline/configs/playbook.en.yaml" in wheel


def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    roots = {name.split("/")[0] for name in wheel}
    assert {root for root in roots if not root.endswith(".dist-info")} == set(PACKAGES)
