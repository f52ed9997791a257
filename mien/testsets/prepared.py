"""The files in data/testsets/NAME/prepared: what `prepare` makes of the source of a test set, with the names that the main source has."""

from dataclasses import dataclass
from pathlib import Path

from mien.core import paths


@dataclass(frozen=True)
class Prepared:
    """The places in the folder of one test set."""

    folder: Path

    @property
    def files(self) -> Path:
        """Rows of FILES."""
        return self.folder / paths.FILES.name

    @property
    def boxes(self) -> Path:
        """Rows of BOXES."""
        return self.folder / paths.BOXES.name

    @property
    def images(self) -> Path:
        """The store of IMAGES."""
        return self.folder / paths.IMAGES.name

    @property
    def rejected(self) -> Path:
        """Rows of REJECTED."""
        return self.images / paths.REJECTED.name

    @property
    def duplicates(self) -> Path:
        """Rows of DUPLICATES, among the files of the test set alone."""
        return self.folder / paths.DUPLICATES.name

    @property
    def labels(self) -> Path:
        """Rows of LABELS."""
        return self.folder / paths.LABELS.name

    @property
    def labels_removed(self) -> Path:
        """Rows of FATES, of the files that `sanitise` would remove."""
        return self.folder / paths.LABELS_REMOVED.name

    @property
    def faces(self) -> Path:
        """The store of FACES."""
        return self.folder / paths.FACES.name

    @property
    def faces_removed(self) -> Path:
        """Rows of FATES, of the files without a face."""
        return self.faces / paths.FACES_REMOVED.name
