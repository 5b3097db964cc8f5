"""The house: rooms in one order, and what may be in which of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = SOURCE / "sightline"

# From the ground up. A module imports from a lower floor or from its own room, and from nothing
# else: rooms on one floor do not know each other. If this needs an exception, a room stands
# wrongly.
FLOORS = (
    {"errors"},
    {"types"},
    {"protocols"},
    {"system", "testing"},
    {"images", "encoders", "indexes", "catalog"},
    {"composed"},
    {"gallery"},
    {"evaluation"},
    {"server"},
    {"cli"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# The drawn world is a product of its own: these alone show it, and it asks for these alone.
SHOWS_SCENES = {"cli/scenes.py", "evaluation/datasets/scenes.py"}
SCENES_ASK_FOR = {"errors", "system"}

# Modules that may import PyTorch and transformers, late.
NEEDS_TORCH = ("encoders/gpu", "encoders/export", "composed/captioners/blip")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules(package: Path = PACKAGE) -> list[Path]:
    return sorted(p for p in package.rglob("*.py") if p != PACKAGE / "__init__.py")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports_of(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name


def rooms_imported_by(path: Path) -> set[str]:
    """Return the rooms of sightline that a module imports from, late or for types, too."""
    parts = [name.split(".") for _, name in imports_of(path)]
    return {part[1] for part in parts if part[0] == "sightline" and len(part) > 1}


def test_every_room_has_its_floor() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in modules()}
    assert rooms == set(FLOOR)


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_imports_flow_downwards(room: str) -> None:
    for path in modules():
        if path.relative_to(PACKAGE).parts[0].removesuffix(".py") != room:
            continue
        for other in rooms_imported_by(path) - {room}:
            assert FLOOR[other] < FLOOR[room], f"{name_of(path)} imports {other}"


def test_few_modules_stand_outside_of_rooms() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 7


def test_the_drawn_world_stands_beside_the_product() -> None:
    users = {
        name_of(path)
        for path in modules()
        if any(name.split(".")[0] == "sightline_scenes" for _, name in imports_of(path))
    }
    assert users == SHOWS_SCENES
    asked_for = {
        room for path in modules(SOURCE / "sightline_scenes") for room in rooms_imported_by(path)
    }
    assert asked_for <= SCENES_ASK_FOR


def test_relative_imports_are_not_used() -> None:
    for path in modules(SOURCE):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} line {node.lineno} imports relatively"


@pytest.mark.parametrize("heavy", ["torch", "torchvision", "transformers", "onnxruntime", "scipy"])
def test_the_core_never_imports_a_heavy_package(heavy: str) -> None:
    for path in modules():
        # What needs an extra imports it inside the functions that need it.
        late = name_of(path).startswith(NEEDS_TORCH) or heavy == "scipy"
        at_once = tree_of(path).body
        for node, name in imports_of(path):
            if name.split(".")[0] == heavy:
                assert late, f"{path}: {heavy}"
                assert node not in at_once, f"{path}: {heavy}"


def test_openvino_is_imported_only_where_its_telemetry_is_silenced() -> None:
    for path in modules():
        for node, name in imports_of(path):
            if name.split(".")[0] == "openvino":
                assert path.stem == "openvino_runtime" or _only_for_types(path, node), path


def _only_for_types(path: Path, node: ast.AST) -> bool:
    return any(
        node is inner
        for outer in ast.walk(tree_of(path))
        if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING"
        for inner in ast.walk(outer)
    )


def test_no_module_is_called_after_nothing() -> None:
    for path in modules(SOURCE):
        assert path.stem not in {"utils", "helpers", "common", "misc"}, path


def test_nothing_below_the_command_line_prints_or_exits() -> None:
    for path in modules():
        if name_of(path).startswith("cli/"):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in {"print", "sys.exit", "exit", "quit"}, f"{path}:{node.lineno}"
