"""One Python file as its top-level definitions: the text of each without comments and docstrings, and the names that it uses.

Text is taken from the file by positions and not from `ast.dump`, whose form changes between versions of Python.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MODULE = re.compile(r"mien(\.\w+)+")
_GONE = b"\0"  # in place of every byte that does not count, so that the positions of all others stay
ALWAYS = ""
"""the name under which stands what a module does whenever it is imported, beside defining names"""


@dataclass(frozen=True)
class Use:
    """A use of a name in a definition: `name`, or `name.attribute` where it is used so."""

    name: str
    attribute: str | None = None


@dataclass(frozen=True)
class Module:
    """One file. All maps but `imports` have the same keys: its definitions, and ALWAYS."""

    texts: dict[str, str]
    uses: dict[str, frozenset[Use]]
    imports: dict[str, frozenset[tuple[str, str | None]]]
    """what imports, wherever they stand, bind to a name: (module, None) for a module, (module, name) for a name in it"""
    named: dict[str, frozenset[str]]
    """strings that name a module or package of mien: what a process starts with, a place of templates or weights, a registry"""
    looked_up: dict[str, frozenset[tuple[str, str]]]
    """what is looked up in registries (mien.core.registry): the registry's package, and the variable of its modules"""


def read_module(path: Path) -> Module:
    """The file's definitions. Raises SyntaxError if it is not Python."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source, filename=str(path))
    kept = _without_prose(source, tree)
    texts: dict[str, str] = {ALWAYS: ""}
    uses: dict[str, frozenset[Use]] = {ALWAYS: frozenset()}
    named: dict[str, frozenset[str]] = {ALWAYS: frozenset()}
    looked_up: dict[str, frozenset[tuple[str, str]]] = {ALWAYS: frozenset()}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        text = "\n".join(line for line in kept[first - 1 : node.end_lineno] if line)
        for name in _defined(node):
            texts[name] = texts.get(name, "") + text
            uses[name] = uses.get(name, frozenset()) | frozenset(_uses(node))
            found = frozenset(_looked_up(node))
            looked_up[name] = looked_up.get(name, frozenset()) | found
            named[name] = named.get(name, frozenset()) | (frozenset(_named(node)) - {package for package, _ in found})
    imports: dict[str, frozenset[tuple[str, str | None]]] = {}
    for name, target in _imports(tree):
        imports[name] = imports.get(name, frozenset()) | {target}
    return Module(texts, uses, imports, named, looked_up)


def _defined(node: ast.stmt) -> list[str]:
    """The names that a statement defines and nothing else; [ALWAYS] for statements that do something."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = [each for target in targets for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
    names = [each.id for each in flat if isinstance(each, ast.Name)]
    return names if names and len(names) == len(flat) else [ALWAYS]


def _uses(node: ast.AST) -> Iterator[Use]:
    """The names that a definition uses; annotations of functions and variables do nothing, those of a class's fields may."""
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            yield Use(each.value.id, each.attr)
            continue
        if isinstance(each, ast.Name):
            yield Use(each.id)
        waiting += _parts(each)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            yield from (child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST))
    if isinstance(node, ast.ClassDef):
        yield from (child.annotation for child in node.body if isinstance(child, ast.AnnAssign))


def _named(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _MODULE.fullmatch(each.value):
            yield each.value


def _looked_up(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Of calls such as registry.load("mien.losses", name, "LOSS") the package and the variable."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in ("load", "constant"):
            match each.args:
                case [ast.Constant(value=str(package)), _, ast.Constant(value=str(variable))] if _MODULE.fullmatch(package):
                    yield package, variable


def _imports(tree: ast.Module) -> Iterator[tuple[str, tuple[str, str | None]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname or alias.name.partition(".")[0]), (alias.name if alias.asname else alias.name.partition(".")[0], None)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "relative imports are not followed; import by the whole name"
            for alias in node.names:
                yield (alias.asname or alias.name), (node.module, alias.name)


def _without_prose(source: str, tree: ast.Module) -> list[str]:
    """The lines of the file without comments, strings that stand for themselves (docstrings) and descriptions of parameters; blank ones
    empty.
    """
    lines = [bytearray(line, "utf-8") for line in source.split("\n")]
    strings: list[tuple[int, int, int, int]] = []
    for node in ast.walk(tree):
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)) or (
            isinstance(node, ast.keyword) and node.arg == "description"
        ):
            _blank(lines, node)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "description":
                    _blank(lines, value)
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
            strings.append((node.lineno - 1, node.col_offset, (node.end_lineno or 0) - 1, node.end_col_offset or 0))
    for number, line in enumerate(lines):
        place = line.find(b"#")
        while place >= 0:
            if not any((first, start) <= (number, place) < (last, end) for first, start, last, end in strings):
                del line[place:]
            place = line.find(b"#", place + 1)
    return [line.replace(_GONE, b"").decode("utf-8").rstrip() for line in lines]


def _blank(lines: list[bytearray], node: ast.expr | ast.stmt | ast.keyword) -> None:
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    for number in range(first, last + 1):
        start = node.col_offset if number == first else len(lines[number]) - len(lines[number].lstrip())
        end = (node.end_col_offset or 0) if number == last else len(lines[number])
        lines[number][start:end] = _GONE * (end - start)
