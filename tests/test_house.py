import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "sightline"

# The floor of every room: a module imports from a lower floor, or from its own room.
FLOORS = {
    "errors": 0,
    "types": 0,
    "composition": 0,
    "protocols": 1,
    "paths": 1,
    "filesystem": 1,
    "packages": 1,
    "workers": 1,
    "images": 2,
    "encoders": 2,
    "chat": 2,
    "captioners": 2,
    "composers": 2,
    "indexes": 2,
    "catalog": 2,
    "scenes": 2,
    "evaluation": 2,
    "testing": 2,
    "wishes": 2,
    "identity": 2,
    "probes": 2,
    "composing": 3,
    "querying": 3,
    "sampling": 3,
    "indexing": 3,
    "comparison": 3,
    "agreements": 3,
    "gallery": 3,
    "gallery_composing": 3,
    "gallery_index": 3,
    "gallery_files": 3,
    "gallery_model": 3,
    "gallery_pictures": 3,
    "gallery_search": 3,
    "cli": 5,
    "server": 5,
}
# The laboratory's upper half lives above the gallery that it measures; its readers of data sets
# look into folders of pictures. What is not named here is arithmetic on plain data.
UPPER = {
    ("evaluation", "datasets"): 3,
    ("evaluation", "run"): 4,
    ("evaluation", "own"): 4,
    ("evaluation", "report"): 4,
}
# types.py raises errors, and an index is filled from the catalog beside it.
SAME_FLOOR = {
    ("types", "errors"),
    ("composition", "errors"),
    ("composition", "types"),
    ("indexes", "catalog"),
    ("captioners", "chat"),
    ("captioners", "encoders"),
    ("captioners", "scenes"),
    ("composers", "chat"),
    ("gallery", "composing"),
    ("gallery", "gallery_composing"),
    ("gallery_composing", "composing"),
    ("gallery_composing", "gallery_model"),
    ("gallery_composing", "gallery_search"),
    ("gallery_composing", "querying"),
    ("gallery_search", "composing"),
    ("querying", "composing"),
    ("server", "composing"),
    ("gallery", "indexing"),
    ("gallery", "querying"),
    ("gallery", "comparison"),
    ("gallery", "gallery_files"),
    ("gallery", "gallery_index"),
    ("gallery", "gallery_pictures"),
    ("gallery", "gallery_search"),
    ("gallery_pictures", "comparison"),
    ("gallery_pictures", "gallery_files"),
    ("gallery_pictures", "gallery_model"),
    ("gallery_search", "gallery_index"),
    ("gallery_search", "gallery_model"),
    ("gallery_search", "querying"),
    ("gallery", "gallery_model"),
    ("gallery_model", "agreements"),
    ("indexing", "comparison"),
    ("indexing", "querying"),
    # A command starts the service; the service knows no command.
    ("cli", "server"),
}

# Modules that may import PyTorch and transformers, late.
NEEDS_TORCH = {("encoders", "gpu"), ("encoders", "export"), ("captioners", "blip")}


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


def room_of(parts: tuple[str, ...]) -> tuple[str, int]:
    name = parts[0]
    floor = UPPER.get((parts[0], parts[1])) if len(parts) > 1 else None
    return name, FLOORS[name] if floor is None else floor


def imports_of(path: Path) -> list[tuple[str, ...]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return [tuple(name.split(".")[1:]) for name in found if name.startswith("sightline.")]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_flow_downwards(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    room, floor = room_of(parts)
    for target in imports_of(path):
        other, below = room_of(target)
        within = other == room and below <= floor
        allowed = within or below < floor or (room, other) in SAME_FLOOR
        assert allowed, f"{path.name} (floor {floor}) imports {'.'.join(target)} ({below})"


def test_relative_imports_are_not_used() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} line {node.lineno} imports relatively"


@pytest.mark.parametrize("heavy", ["torch", "torchvision", "transformers", "onnxruntime"])
def test_the_core_never_imports_a_heavy_package(heavy: str) -> None:
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # What needs an extra imports it inside the functions that need it.
        late = path.relative_to(PACKAGE).parts[:2] in NEEDS_TORCH
        for node in tree.body if late else ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            assert all(name.split(".")[0] != heavy for name in names), f"{path}: {heavy}"


def test_openvino_is_imported_only_where_its_telemetry_is_silenced() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                name = getattr(node, "module", None) or node.names[0].name
                if name.split(".")[0] == "openvino":
                    assert path.stem == "openvino_runtime" or _only_for_types(path, node), path


def _only_for_types(path: Path, node: ast.AST) -> bool:
    guarded = [
        inner
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING"
        for inner in ast.walk(outer)
    ]
    return any(ast.dump(node) == ast.dump(inner) for inner in guarded)


def test_no_module_is_called_after_nothing() -> None:
    for path in modules():
        assert path.stem not in {"utils", "helpers", "common", "misc"}, path


def test_nothing_below_the_command_line_prints_or_exits() -> None:
    for path in modules():
        if path.relative_to(PACKAGE).parts[0] == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in {"print", "sys.exit", "exit", "quit"}, f"{path}:{node.lineno}"
