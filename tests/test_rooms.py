"""Dependencies between the rooms of mien run one way, in the order of the table in docs/architecture.md."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def order() -> list[str]:
    """The rooms in the order of the table."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("\n## Rooms\n")[2]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, flags=re.MULTILINE)
    return [room for row in rows for room in re.findall(r"`(\w+)`", row)]


def arrows() -> dict[tuple[str, str], str]:
    """From room to room, with a place where it is imported."""
    found = {}
    for path in (ROOT / "mien").rglob("*.py"):
        own = path.relative_to(ROOT / "mien").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            for module in modules:
                parts = module.split(".")
                if parts[0] == "mien" and len(parts) > 1 and parts[1] != own:
                    found[own, parts[1]] = str(path.relative_to(ROOT))
    return found


def test_the_table_names_every_room_once() -> None:
    rooms = sorted(path.name for path in (ROOT / "mien").iterdir() if path.is_dir() and any(path.glob("*.py")))
    assert sorted(order()) == rooms


def test_a_room_imports_only_from_rooms_above_it() -> None:
    place = {room: number for number, room in enumerate(order())}
    upward = {arrow: where for arrow, where in arrows().items() if arrow[0] != "__main__.py" and place[arrow[0]] < place[arrow[1]]}
    assert not upward
