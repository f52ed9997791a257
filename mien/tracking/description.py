"""Prepares a Markdown file for MLflow, which shows it as the description of a run."""

import re
from pathlib import Path

MAX_DESCRIPTION = 8000
"""maximum number of characters of a description; MLflow's limit for a tag"""
ALONE = ("|", "#", "```", "---")
"""The beginnings of Markdown lines that are not part of a paragraph."""
LEFT_OUT = "\n\n*Cut short here; the full text is in the artifact {name}.*\n"


def description(path: Path) -> str:
    """The text without front matter, title and line breaks within paragraphs.

    A text that is too long is cut between paragraphs.
    """
    text = re.sub(r"\A---\n.*?\n---\n+", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = _unwrapped(re.sub(r"\A# .*\n+", "", text))  # the title is the run's name, which MLflow shows above
    if len(text) <= MAX_DESCRIPTION:
        return text
    end = LEFT_OUT.format(name=path.name)
    room = text[: MAX_DESCRIPTION - len(end)]
    cut = max(room.rfind("\n\n"), room.rfind("\n|"), 0)  # between paragraphs, or between rows of a table
    kept = room[:cut] or room
    return (kept[: kept.rfind("```")] if kept.count("```") % 2 else kept) + end  # a code block that is cut would never end


def _unwrapped(text: str) -> str:
    """Puts each paragraph and list entry on one line, because MLflow keeps the text's line breaks; removes the padding of tables."""
    lines: list[str] = []
    code = False
    for line in text.splitlines():
        fence = line.startswith("```")
        line = line if code else re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", line)  # links to files do not work in MLflow
        goes_on = bool(line) and not code and not line.startswith((*ALONE, "- ", ">"))
        if goes_on and lines and lines[-1] and not lines[-1].startswith(ALONE):
            lines[-1] += f" {line.strip()}"
        elif line.startswith("|") and not code:
            lines.append(re.sub(r" {2,}", " ", re.sub(r"-{4,}", "---", line)))
        else:
            lines.append(line)
        code ^= fence
    return "\n".join(lines) + "\n"
