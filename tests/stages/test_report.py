import pytest

from mien.core import paths
from mien.core.errors import TableError
from stages import report


@pytest.mark.usefixtures("fabricated_run")
def test_pages_and_cards_of_the_models_of_params_yaml_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    (paths.REPORT / "models").mkdir(parents=True)
    (paths.REPORT / "models" / "deleted.html").write_text("")
    report.main()
    written = {str(path.relative_to(paths.REPORT)) for path in paths.REPORT.rglob("*") if path.is_file()}
    models = {f"{folder}/{model}.{kind}" for model in ("good", "poor") for folder, kind in (("models", "html"), ("cards", "md"))}
    assert written == {"index.html", "cards/data-card.md", *models}
    assert f"report: {paths.REPORT / 'index.html'}, 3 pages of " in capsys.readouterr().out


@pytest.mark.usefixtures("fabricated_run")
def test_without_an_evaluation_nothing_is_written() -> None:
    paths.evaluation("good").unlink()
    with pytest.raises(TableError, match="evaluate@good"):
        report.main()
    assert not paths.REPORT.exists()
