"""ARCHITECTURE.md holds: who imports whom is read from its table and compared with the sources."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "hanmine"
LONGEST_MODULE = 500
HEAVY = {"numpy", "numba", "scipy", "networkx", "jieba", "rich", "zstandard"}
AT_MODULE_LEVEL = ("hanmine.errors", "hanmine.progress", "hanmine.formats", "hanmine.text.options")
FOR_KERNELS = ("__future__", "math", "typing", "numpy", "hanmine.jit")

MODULES = sorted(PACKAGE.rglob("*.py"))
_ROW = re.compile(r"^\| `(?P<name>\w+)(?P<kind>/|\.py)` \|.*\| (?P<allowed>nothing|`\w+`(?: `\w+`)*) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Import:
    """One imported name: `from a.b import c` is a.b.c, `import a.b` is a.b."""

    name: str
    when: str  # "module", "call" (in a function) or "typing"
    line: int

    @property
    def room(self) -> str | None:
        """The room that is imported from; None for other packages and for the version."""
        parts = self.name.split(".")
        return None if parts[0] != "hanmine" or parts[1:] == ["__version__"] else parts[1]

    def within(self, *modules: str) -> bool:
        return any(self.name == module or self.name.startswith(module + ".") for module in modules)


def rooms() -> dict[str, set[str]]:
    """The table of ARCHITECTURE.md: room → rooms that it may import."""
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    section = text.partition("\n## Rooms\n")[2].partition("\n## ")[0]
    return {row["name"]: set(re.findall(r"`(\w+)`", row["allowed"])) for row in _ROW.finditer(section)}


def kinds() -> dict[str, str]:
    return {row["name"]: row["kind"] for row in _ROW.finditer((ROOT / "ARCHITECTURE.md").read_text("utf-8"))}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> list[Import]:
    return list(_imports(tree(path), "module"))


def _imports(node: ast.AST, when: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, when, node.lineno) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: a relative import"
        yield from (Import(f"{node.module}.{alias.name}", when, node.lineno) for alias in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for child in node.body:
            yield from _imports(child, "typing")
        for child in node.orelse:
            yield from _imports(child, when)
    else:
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, "call" if inside else when)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def in_rooms(*names: str) -> list[Path]:
    return [path for path in MODULES if room_of(path) in names]


def holds_kernels(path: Path) -> bool:
    decorators = (
        decorator.func if isinstance(decorator, ast.Call) else decorator
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    )
    return any(isinstance(decorator, ast.Name) and decorator.id == "kernel" for decorator in decorators)


KERNELS = [path for path in MODULES if holds_kernels(path)]


def test_the_table_lists_the_rooms_that_there_are():
    there = {path.name.removesuffix(".py"): "/" if path.is_dir() else ".py" for path in PACKAGE.iterdir()}
    there.pop("__pycache__", None)
    assert kinds() == there


def test_a_room_imports_only_rooms_above_it():
    above = set()
    for room, allowed in rooms().items():
        assert allowed <= above, f"{room} stands above what it imports"
        above.add(room)


@pytest.mark.parametrize("room", rooms())
def test_arrows(room):
    allowed = rooms()[room] | {room, None}
    wrong = [
        f"{name_of(path)}:{found.line} imports {found.name}"
        for path in in_rooms(room)
        for found in imports(path)
        if found.room not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("room", rooms())
def test_every_arrow_that_the_table_allows_is_used_or_is_plain(room):
    """What a room does not need it need not be allowed; errors and progress are open to whoever comes to need them."""
    used = {found.room for path in in_rooms(room) for found in imports(path)}
    assert rooms()[room] - used <= {"errors", "progress", "jit", "provenance", "runners"}


def test_nothing_but_the_command_line_and_the_front_door_imports_evaluate():
    importers = {room_of(path) for path in MODULES for found in imports(path) if found.room == "evaluate"}
    assert importers <= {"evaluate", "cli", "__init__"}


@pytest.mark.parametrize("path", in_rooms("cli", "formats"), ids=name_of)
def test_help_is_cheap(path):
    early = [found for found in imports(path) if found.when == "module"]
    assert [found.name for found in early if found.name.split(".")[0] in HEAVY] == []
    own = f"hanmine.{room_of(path)}"
    assert [found.name for found in early if found.room and not found.within(own, *AT_MODULE_LEVEL)] == []


def test_kernels_are_where_they_are_expected():
    """The three rooms that compute have some: the search for the decorator finds them."""
    assert {name_of(path) for path in KERNELS} >= {"text/kernels.py", "ngrams/kernels.py", "newwords/kernels.py"}


@pytest.mark.parametrize("path", KERNELS, ids=name_of)
def test_kernels_import_nothing_but_numpy(path):
    own = f"hanmine.{room_of(path)}"
    for found in imports(path):
        constant = found.within(own) and found.name.rpartition(".")[2].isupper()
        assert found.within(*FOR_KERNELS) or constant, f"line {found.line} imports {found.name}"


@pytest.mark.parametrize("path", KERNELS, ids=name_of)
def test_kernels_are_imported_by_their_own_room_alone(path):
    module = "hanmine." + name_of(path).removesuffix(".py").replace("/", ".")
    importers = {name_of(other) for other in MODULES for found in imports(other) if found.within(module)}
    assert {importer.split("/")[0] for importer in importers} <= {room_of(path)}, importers


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_are_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE
