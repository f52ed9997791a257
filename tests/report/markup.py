"""An HTML page as a test reads it: elements with attributes, text by element, faults of nesting."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "img", "input", "hr", "wbr", "base"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all_text(self) -> str:
        return " ".join([self.text, *(child.all_text() for child in self.children)])

    def within(self, tag: str) -> bool:
        return self.tag == tag or (self.parent is not None and self.parent.within(tag))


class Page(HTMLParser):
    """Every element in order; `faults` names tags that are not closed in the order they were opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.elements, self.faults = path, [], []
        self.here: Element | None = None
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        if self.here is not None:
            self.faults.append(f"<{self.here.tag}> is never closed")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.elements.append(element)
        if self.here is not None:
            self.here.children.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.here is None or self.here.tag != tag:
            self.faults.append(f"</{tag}> closes <{self.here.tag if self.here else 'nothing'}> at line {self.getpos()[0]}")
        else:
            self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        if self.here is not None:
            self.here.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    @property
    def ids(self) -> list[str]:
        return [element.attributes["id"] for element in self.elements if "id" in element.attributes]

    @property
    def text(self) -> str:
        """All text but that of the sheet and the script."""
        return " ".join(" ".join(element.text for element in self.elements if element.tag not in ("style", "script")).split())
