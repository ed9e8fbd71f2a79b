"""The wheel: what is in it, and that it runs where nothing but it and its dependencies are installed."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from commandline import clean_environment
from hanmine import __version__

ROOT = Path(__file__).parent.parent
DATA = ("text/simplified.txt", "text/LICENSE-OpenCC")
SAMPLE = ROOT / "corpora" / "sample.txt"
ON_WINDOWS = os.name == "nt"


def succeed(*command, **settings) -> subprocess.CompletedProcess:
    """Run a command that must end with exit code 0, by default with what is installed and nothing else."""
    settings.setdefault("env", {name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, encoding="utf-8", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of the tree as it stands; the build back end is the one installed here, so that no index is asked."""
    folder = tmp_path_factory.mktemp("wheel")
    succeed(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.iterdir()
    return wheel


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A virtual environment with the wheel, and with this one's dependencies within reach; returns its scripts' folder.

    Folders named in a .pth file come last on the path, and .pth files in them are not read: what is installed here in
    editable mode cannot be seen from there.
    """
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False)
    scripts = place / ("Scripts" if ON_WINDOWS else "bin")
    python = scripts / Path(sys.executable).name
    python = python if python.exists() else scripts / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    succeed(*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel)
    (libraries,) = {
        Path(succeed(python, "-B", "-c", f"import sysconfig; print(sysconfig.get_path({name!r}))").stdout.strip())
        for name in ("purelib", "platlib")
    }
    ours = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (libraries / "dependencies.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")
    where = succeed(python, "-B", "-c", "import hanmine; print(hanmine.__file__)").stdout.strip()
    assert Path(where) == libraries / "hanmine" / "__init__.py"
    # Nothing can be cached beside the sources: a folder's mode would not stop root, a file in its place stops anybody.
    for folder in {module.parent for module in (libraries / "hanmine").rglob("*.py")}:
        (folder / "__pycache__").write_bytes(b"")
    return scripts


def homes(folder) -> dict[str, str]:
    """Variables by which systems name the user's home and cache folders."""
    names = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "LOCALAPPDATA", "APPDATA")
    return clean_environment(**dict.fromkeys(names, str(folder)))


def without_cache_settings(environment: dict[str, str]) -> dict[str, str]:
    hidden = ("NUMBA_CACHE_DIR", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in environment.items() if name not in hidden}


def first_words(table: str) -> list[str]:
    """The words of a table of `mine newwords --limit 3`, which is checked."""
    header, *rows = table.splitlines()
    assert header.split("\t") == ["word", "count", "pieces", "cohesion", "left_entropy", "right_entropy", "known"]
    assert len(rows) == 3
    return [row.split("\t")[0] for row in rows]


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    information = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    sources = ROOT / "src"
    files = [*(sources / "hanmine").rglob("*.py"), *(sources / "hanmine" / name for name in DATA)]
    assert names - information == {path.relative_to(sources).as_posix() for path in files}
    assert {name.partition("/")[2] for name in information} == {
        "METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE",
        "licenses/src/hanmine/text/LICENSE-OpenCC",
    }  # fmt: skip


def test_the_wheel_says_what_it_is(wheel):
    assert wheel.name == f"hanmine-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        read = {
            name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist() if "dist-info" in name
        }
    assert read["entry_points.txt"].split("\n")[:2] == ["[console_scripts]", "mine = hanmine.cli:main"]
    assert "\nRequires-Python: >=3.11\n" in read["METADATA"]
    assert "\nLicense-Expression: MIT AND Apache-2.0\n" in read["METADATA"]
    extras = set(re.findall(r"^Provides-Extra: (.*)$", read["METADATA"], re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert extras == set(project["optional-dependencies"])


def test_where_the_package_is_read_only_kernels_are_kept_in_the_users_cache_folder(installed, tmp_path):
    environment = without_cache_settings(homes(tmp_path))
    options = ("newwords", SAMPLE, "--drop-known", "--limit", "3")
    cold = succeed(installed / "mine", "-v", *options, env=environment)
    assert "compiling kernels" in cold.stderr
    kernels = {path.name for path in tmp_path.rglob("*.nbc")}
    assert any("sort_partitions" in name for name in kernels)
    warm = succeed(installed / "python", "-m", "hanmine", "-v", *options, env=environment)
    assert "compiling kernels" not in warm.stderr
    assert {path.name for path in tmp_path.rglob("*.nbc")} == kernels, "the second run compiled again"
    assert warm.stdout == cold.stdout
    planted = set((ROOT / "corpora" / "planted.txt").read_text("utf-8").split())
    assert planted.issuperset(first_words(cold.stdout))


def test_where_nothing_can_be_written_it_runs_all_the_same(installed, tmp_path):
    home = tmp_path / "home"
    home.write_bytes(b"")
    done = succeed(
        installed / "mine", "newwords", SAMPLE, "--limit", "3", env=without_cache_settings(homes(home / "user"))
    )
    assert len(first_words(done.stdout)) == 3


def test_the_version_stands_where_people_look_for_it():
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {__version__}\n" in citation
    assert f"\n## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
