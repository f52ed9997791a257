"""The one reader of params.yaml: every parameter with its type, bound, unit and meaning, declared once.

`load_params()` checks the whole file before a stage does anything and reports all faults at once, one line each.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from mien.config import catalog
from mien.config.documents import parse_document, read_text
from mien.config.faults import Fault, choice_fault, refuse, schema_faults
from mien.config.sections import AugmentParams, Fraction, HeadParams, LossParams, ModelParams, Names, Section, TrainParams
from mien.config.spelling import Spellings, fold
from mien.core import paths, registry
from mien.core.errors import ParamsError


class SampleParams(Section):
    num_faces: PositiveInt = Field(450, ge=100, description="different drawn faces, before the mess is added")
    size_px: PositiveInt = Field(160, ge=160, description="smallest side of a drawn picture, pixels")


class IngestParams(Section):
    source: str = Field(
        "data/sample.zip", min_length=1, description="folder, .zip, .tar(.gz), or FER2013 pixel .csv; absolute if outside the repository"
    )
    metadata: str = Field(
        "metadata.csv",
        min_length=1,
        description="CSV with the column path and any others, of which subject says who is in a file and label what its label is; "
        "only the header line for none",
    )
    label: str = Field(
        "",
        description="regular expression (Python's) searched in each path within the source, whose group (?P<label>...) is the label, "
        "a class or alias, in place of the folder's; ingest.metadata goes before it; empty for none",
    )
    subject: str = Field(
        "",
        description="regular expression (Python's) searched in each path within the source, whose group (?P<subject>...) is the subject "
        "where ingest.metadata gives none; empty for none",
    )

    max_file_mb: PositiveInt = Field(
        160,
        le=1024,
        description="larger files are rejected unread, 2^20 bytes; ingest needs about three times as much memory as the largest file",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        for group, pattern in (("label", self.label), ("subject", self.subject)):
            try:
                groups = re.compile(pattern).groupindex
            except (re.error, OverflowError, RecursionError) as error:
                yield group, f"must be a regular expression with a group (?P<{group}>...), or empty: {error}", pattern
                continue
            if pattern and group not in groups:
                yield group, f"must have a group (?P<{group}>...), or be empty", pattern


class ConvertParams(Section):
    max_side_px: PositiveInt = Field(640, ge=64, description="longer side after conversion, pixels; larger images are reduced")
    min_side_px: PositiveInt = Field(32, ge=8, description="images with a shorter side below this are rejected, pixels")
    max_megapixels: PositiveFloat = Field(
        100.0,
        description="pixels that are decoded of one image at most, 10^6; larger images are rejected undecoded as decompression bombs, but "
        "JPEGs up to four times as large are decoded at half their width and height",
    )
    blank_contrast: NonNegativeFloat = Field(
        1.0, description="images whose grey levels spread (standard deviation, 0-255) no more than this are blank"
    )
    jpeg_quality: PositiveInt = Field(95, ge=95, le=100, description="quality of the stored JPEG, 4:4:4")


class DedupParams(Section):
    distance: NonNegativeInt = Field(
        12,
        le=20,
        description="pairs with 64-bit perceptual hashes, of the pictures or of windows of them, at most this far apart are proposed, bits",
    )
    min_correlation: float = Field(
        0.75, ge=0.5, le=1, description="correlation of the texture from which a registered pair can be one picture, unitless"
    )
    min_agreement: float = Field(
        0.84,
        ge=0.5,
        le=1,
        description="local correlation that all but a tenth of the middle of a registered pair must exceed to be one picture; 0.05 more for "
        "mirrored pairs, 0.06 more under different labels, unitless",
    )
    scene_correlation: float = Field(
        0.7,
        ge=0.5,
        le=1,
        description="correlation of the texture from which other pairs are one scene, other exposures of one person in one place, unitless",
    )
    max_shift: float = Field(0.125, ge=0.03, le=0.25, description="largest shift tried, share of the side")
    mirrored: bool = Field(True, description="also look for mirrored copies")


class LabelParams(Section):
    classes: Names = Field(
        ("angry", "fear", "happy", "sad", "surprise"), description="the canonical classes, in the order of the model's outputs"
    )
    aliases: Mapping[str, Names] = Field(
        default_factory=dict,
        description="other spellings of each class; case, spaces, punctuation and counters do not matter, see mien/config/spelling.py",
    )
    drop: Names = Field((), description="classes left out on purpose")
    corrections: str = Field(
        "corrections.csv",
        min_length=1,
        description="CSV with the columns sample_id, decision (a class, keep or drop) and any others; only the header line for none",
    )
    on_unknown: Literal["quarantine", "refuse"] = Field(
        "quarantine", description="what happens to files whose label is no class and no alias"
    )
    on_conflict: Literal["quarantine", "majority"] = Field(
        "quarantine", description="what happens to copies of one picture under different labels"
    )
    near_copies: Literal["keep", "drop"] = Field(
        "keep",
        description="what happens to near and mirrored copies under one label, which takes and frames of one recording look like: "
        "keep leaves all of them in one split, drop leaves one",
    )

    @property
    def kept(self) -> tuple[str, ...]:
        """The classes that a model learns, in order."""
        return tuple(name for name in self.classes if name not in self.drop)

    @property
    def spellings(self) -> Spellings:
        """Looks up the class of a spelling."""
        return Spellings(self.classes, self.aliases)

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if len(set(self.classes)) != len(self.classes):
            yield "classes", "must differ from one another", self.classes
        if len(set(self.kept)) < 2:
            yield "classes", "must name at least two classes that labels.drop does not leave out", self.classes
        for field, named in (("drop", self.drop), ("aliases", self.aliases)):
            if unknown := sorted(set(named) - set(self.classes)):
                clear = f"; `mien preset --set labels.{field}.{unknown[0]}=null` takes one out, --set 'labels.{field}={{}}' all"
                yield field, f"must name classes of labels.classes{clear if field == 'aliases' else ''}", unknown
        owner: dict[str, str] = {}
        for name in dict.fromkeys(self.classes):
            for spelling in (name, *self.aliases.get(name, ())):
                folded = fold(spelling)
                where = "classes" if spelling == name else f"aliases.{name}"
                if not folded:
                    yield where, "must hold a letter or digit", spelling
                elif owner.setdefault(folded, name) != name:
                    yield where, f"must not be claimed by two classes, {owner[folded]} and {name}", spelling


class FaceParams(Section):
    detector: Literal["none", "mtcnn"] = Field("none", description="mtcnn finds and levels faces; none takes each picture whole")
    size_px: PositiveInt = Field(96, ge=32, description="side of the stored square face at most, pixels; nothing is enlarged")
    margin: Fraction = Field(0.1, description="room on each side of the detected face, share of its side")
    min_score: Fraction = Field(0.9, description="least detector score of a face")
    turns: bool = Field(True, description="with mtcnn: a picture whose surest face is upright in another quarter turn is turned first")
    choose: Literal["largest", "central"] = Field("largest", description="which of several faces is taken")
    on_missing: Literal["quarantine", "fit"] = Field(
        "quarantine", description="what happens to a picture without a face: leaves, or is fitted whole"
    )
    fit: Literal["pad", "crop"] = Field("pad", description="how a picture taken whole becomes a square")


class SplitParams(Section):
    method: Literal["stratified", "official"] = Field(
        "stratified", description="official keeps the set's own test split and takes validation from its training split"
    )
    keep_together: Literal["scene", "picture"] = Field(
        "scene", description="what is never parted between splits, beside subjects: images of one scene, or only copies of one picture"
    )
    train: Fraction = Field(0.70, gt=0, description="share of the images, or for official unused")
    val: Fraction = Field(0.15, gt=0, description="share of the images; for official: of the training images")
    test: Fraction = Field(0.15, gt=0, description="share of the images, or for official unused")
    max_train: NonNegativeInt = Field(0, description="training images at most, thinned alike in all classes; 0 keeps them all")
    imbalance_factor: float = Field(
        1.0, ge=1, description="training images of the largest class over those of the smallest, thinned to it; 1 thins nothing"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-9:
            yield "", f"train + val + test must sum to 1, sum to {total:g}", {"train": self.train, "val": self.val, "test": self.test}


class ValidateParams(Section):
    share_tolerance: Fraction = Field(0.05, description="how far a class's share of a split may lie from its share of all images")


class ExplainParams(Section):
    """How many test images of each model are explained; 0 is all of them."""

    maps: NonNegativeInt = Field(1000, description="images, stratified by class, whose class activation maps are measured; 0 is all")
    faithfulness: NonNegativeInt = Field(256, description="of these, images whose maps are tested by deletion and insertion; 0 is all")
    gallery: PositiveInt = Field(6, le=24, description="pictures per class of right and of wrong predictions, most confident first")
    pictured_failures: PositiveInt = Field(60, le=500, description="misclassified images shown with their map; the table has all")
    neighbours: PositiveInt = Field(3, le=10, description="training images shown beside a misclassified one")
    neighbour_pool: NonNegativeInt = Field(5000, description="training images, stratified by class, searched for neighbours; 0 is all")


class DoubtsParams(Section):
    """Labels that a model's features contradict, for a person to look at."""

    model: str = Field("", description="whose features are used; empty is the model of best validation macro-F1")
    folds: PositiveInt = Field(5, ge=2, le=20, description="of the cross-validated logistic regression")
    queue: PositiveInt = Field(100, description="images at most in the review queue, most doubtful first")


class ReportParams(Section):
    """How the run is told to others."""

    names: Literal["original", "hashed"] = Field(
        "hashed",
        description="how files are named in metrics/ and in MLflow, which are meant to be shared: hashed is the first 12 digits of the "
        "content's SHA-256, which `mien where` resolves at home, and the source is its kind and a digest",
    )


class RuntimeParams(Section):
    """Where things run; tracked by no stage, because it must not change results."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="auto takes the accelerator if there is one")
    workers: NonNegativeInt = Field(0, description="processes of the data stages; 0 is one per core")


class Params(Section):
    seed: NonNegativeInt = Field(42, description="the one seed of everything that is drawn")
    sample: SampleParams = SampleParams()
    ingest: IngestParams = IngestParams()
    convert: ConvertParams = ConvertParams()
    dedup: DedupParams = DedupParams()
    labels: LabelParams = LabelParams()
    faces: FaceParams = FaceParams()
    split: SplitParams = SplitParams()
    validate_: ValidateParams = Field(ValidateParams(), alias="validate")
    train: TrainParams = TrainParams()
    augment: AugmentParams = AugmentParams()
    loss: LossParams = LossParams()
    head: HeadParams = HeadParams()
    explain: ExplainParams = ExplainParams()
    doubts: DoubtsParams = DoubtsParams()
    report: ReportParams = ReportParams()
    models: Mapping[str, ModelParams] = Field(min_length=1, description="the models to train, by name")
    runtime: RuntimeParams = RuntimeParams()

    def model(self, name: str) -> ModelParams:
        """The entry of one model. Raises ParamsError, naming the models there are, if there is none of that name."""
        if name not in self.models:
            raise ParamsError(f"models has no '{name}'; choose one of: {', '.join(self.models)}")
        return self.models[name]

    def loss_of(self, model: str) -> dict[str, Any]:
        """The loss of one model: its name and exactly the parameters that the loss reads."""
        entry = self.model(model)
        values = LossParams.model_validate({**self.loss.model_dump(), **entry.loss_params})
        read = {key: getattr(values, key) for key in registry.constant("mien.losses", entry.loss, "PARAMETERS")}
        # Only effective numbers read β: a changed `loss.beta` must not retrain models with other class weights.
        if read.get("class_weights") == "effective":
            read["beta"] = values.beta
        return {"name": entry.loss, **read}

    def head_of(self, model: str) -> dict[str, Any]:
        """The parameters that the head of one model reads."""
        entry = self.model(model)
        values = HeadParams.model_validate({**self.head.model_dump(), **entry.head_params})
        return {key: getattr(values, key) for key in registry.constant("mien.models.heads", entry.head, "PARAMETERS")}

    def train_of(self, model: str) -> TrainParams:
        """The training parameters of one model: its own values over the defaults."""
        return TrainParams.model_validate({**self.train.model_dump(), **self.model(model).train})

    def augment_of(self, model: str) -> AugmentParams:
        """The augmentation of one model: its own values over the defaults."""
        return AugmentParams.model_validate({**self.augment.model_dump(), **self.model(model).augment})


def load_params(path: Path = paths.PARAMS) -> Params:
    """The whole of params.yaml, checked. Raises ParamsError with one line per fault: key, rule and value."""
    return parse_params(read_text(path, error=ParamsError), name=str(path))


def parse_params(text: str, *, name: str) -> Params:
    """The parameters in the text of a params.yaml that errors call `name`. Raises ParamsError with one line per fault."""
    document = parse_document(text, name=name, error=ParamsError)
    if faults := document_faults(document):
        raise ParamsError(
            f"{name} has {len(faults)} fault{'s'[: len(faults) != 1]}; correct and run again:\n"
            + "\n".join(f"  {fault}" for fault in faults)
        )
    return Params.model_validate(document)


def document_faults(document: dict[str, Any]) -> list[str]:
    """A line for each fault of a params.yaml already read."""
    return list(_faults(document))


def _faults(document: dict[str, Any]) -> Iterator[str]:
    yield from schema_faults(Params, document, ())
    models = document.get("models")
    for name, entry in models.items() if isinstance(models, dict) else ():
        if isinstance(entry, dict):
            yield from _model_faults(str(name), entry, document)
    doubts = document.get("doubts")
    if isinstance(models, dict) and isinstance(doubts, dict) and doubts.get("model"):
        yield from choice_fault("doubts.model", doubts["model"], [str(name) for name in models], "one of models, or empty")


def _model_faults(name: str, entry: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Rules that need the registries, or that concern one model's overrides."""
    at = f"models.{name}"
    if not name.isidentifier():
        yield f"{at}: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got {name!r})"
    yield from choice_fault(f"{at}.backbone", entry.get("backbone"), sorted(catalog.backbones()), "a timm architecture or cnn")
    yield from choice_fault(f"{at}.attention", entry.get("attention"), registry.names("mien.models.attention"), "an attention block")
    heads, losses = registry.names("mien.models.heads"), registry.names("mien.losses")
    yield from choice_fault(f"{at}.head", entry.get("head"), heads, "a head")
    yield from choice_fault(f"{at}.loss", entry.get("loss"), losses, "a loss")
    for key, section in (("loss_params", LossParams), ("head_params", HeadParams), ("train", TrainParams), ("augment", AugmentParams)):
        if isinstance(entry.get(key), dict):
            # Over the defaults, because some rules concern two values; defaults that are at fault themselves are reported as such.
            defaults = document.get(key.removesuffix("_params"), {})
            sound = isinstance(defaults, dict) and not list(schema_faults(section, defaults, ()))
            yield from schema_faults(section, {**(defaults if sound else {}), **entry[key]}, ("models", name, key))
    if entry.get("loss") in losses:
        yield from _undeclared(f"{at}.loss_params", entry.get("loss_params"), LossParams, "mien.losses", "loss", entry["loss"])
    if entry.get("head") in heads:
        yield from _undeclared(f"{at}.head_params", entry.get("head_params"), HeadParams, "mien.models.heads", "head", entry["head"])
    if entry.get("loss") in losses and entry.get("head") in heads and registry.constant("mien.losses", entry["loss"], "TWO_VIEWS"):
        able = [head for head in heads if registry.constant("mien.models.heads", head, "CLASS_MAPS")]
        yield from choice_fault(f"{at}.head", entry["head"], able, f"a head with class maps, as the loss {entry['loss']} needs")


def _undeclared(at: str, own: Any, section: type[Section], package: str, kind: str, owner: str) -> Iterator[str]:
    """A line for each parameter that an entry sets and its loss or head does not read."""
    declared = registry.constant(package, owner, "PARAMETERS")
    if "class_weights" in declared:
        declared = (*declared, "beta")  # read with class_weights: effective
    for key in own if isinstance(own, dict) else ():
        if key in section.model_fields and key not in declared:
            what = (
                f"must be a parameter of the {kind} {owner}: {', '.join(declared)}"
                if declared
                else f"must go, the {kind} {owner} has no parameters"
            )
            yield f"{at}.{key}: {what} (got {own[key]!r})"
