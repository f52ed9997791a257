"""Stage `report`: static pages and cards about the whole run."""

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.files import replacing_directory
from mien.core.stage import command
from mien.report.cards import data_card, model_card
from mien.report.page.site import index_page, model_page
from mien.report.run_facts import read_run
from mien.tracking import run as tracking


def main() -> None:
    """Writes static pages about the whole run, for reviewers.

    Reads the outputs of the earlier stages in metrics and data. Writes metrics/report: index.html and models/MODEL.html, which are
    self-contained (they need no network and no other file), also for ensembles, and cards/MODEL.md and cards/data-card.md.
    """
    facts = read_run(load_params())
    cards = {"data-card.md": data_card(facts), **{f"{model}.md": model_card(model, facts) for model in facts.trained}}
    pages = {
        "index.html": index_page(facts, cards=cards),
        **{f"models/{model}.html": model_page(facts, model, cards=cards) for model in facts.ranked},
    }
    with replacing_directory(paths.REPORT) as folder:
        for name, text in {**pages, **{f"cards/{name}": text for name, text in cards.items()}}.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    tracking.log_report()
    num_bytes = sum(len(text.encode()) for text in pages.values())
    typer.echo(f"report: {paths.REPORT / 'index.html'}, {len(pages)} pages of {num_bytes / 1e6:.1f} MB in all, {len(cards)} cards")


if __name__ == "__main__":
    command(main)()
