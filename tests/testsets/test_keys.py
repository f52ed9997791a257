import pytest

from mien.core.errors import LabelError, SourceError, TableError, TooFewImages
from mien.testsets.keys import as_testset, errors_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ingest.source: a.zip does not exist", "testsets.campus.source: a.zip does not exist"),
        ("ingest: 5 files", "ingest: 5 files"),
        ("lower faces.min_score, or name them in labels.aliases", "lower testsets.campus.faces.min_score, or name them in "
         "testsets.campus.aliases"),
        ("set split.method: stratified", "set testsets.campus.use: all"),
        ("labels.classes, my.ingest.source, 12 faces. Then", "labels.classes, my.ingest.source, 12 faces. Then"),
        ("ingest.source: data/faces.zip, faces.zip and ingest.jpg", "testsets.campus.source: data/faces.zip, faces.zip and ingest.jpg"),
    ],
)  # fmt: skip
def test_keys_of_the_main_source_become_those_of_the_test_set(text: str, expected: str) -> None:
    assert as_testset(text, "campus") == expected


@pytest.mark.parametrize(
    ("error", "kind"),
    [(SourceError("ingest.votes: x"), SourceError), (LabelError("labels.aliases"), LabelError), (TooFewImages({"sad": "0"}), LabelError)],
)
def test_errors_about_the_source_name_the_test_set(error: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, errors_of("campus"):
        raise error
    assert type(caught.value) is kind and str(caught.value) == as_testset(str(error), "campus")


def test_other_errors_pass() -> None:
    with pytest.raises(TableError, match=r"^ingest\.source$"), errors_of("campus"):
        raise TableError("ingest.source")
