"""The only reader of params.yaml: combines all sections (mien/config/sections) and checks the rules that concern several of them.

`load_params()` checks the whole file before a stage does any work and reports all faults at once, one line each.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, NonNegativeInt

from mien.config import declared
from mien.config.documents import parse_document, read_text
from mien.config.faults import choice_fault, list_faults, name_fault, schema_faults
from mien.config.model_faults import model_faults
from mien.config.needs import step_faults
from mien.config.order import teaching_faults, weights_cycle_faults
from mien.config.row_faults import ensemble_faults, export_faults, temporal_faults
from mien.config.sections.augment import AugmentParams
from mien.config.sections.base import Names, Section
from mien.config.sections.convert import ConvertParams
from mien.config.sections.dedup import DedupParams
from mien.config.sections.distillation import TeachingParams
from mien.config.sections.doubts import DoubtsParams
from mien.config.sections.explain import ExplainParams
from mien.config.sections.exports import ExportParams
from mien.config.sections.faces import FaceParams
from mien.config.sections.ingest import IngestParams
from mien.config.sections.labels import LabelParams
from mien.config.sections.models import ModelParams
from mien.config.sections.predict import PredictParams
from mien.config.sections.report import ReportParams
from mien.config.sections.robustness import RobustnessParams
from mien.config.sections.runtime import RuntimeParams
from mien.config.sections.sample import SampleParams
from mien.config.sections.split import SplitParams
from mien.config.sections.temporal import TemporalParams
from mien.config.sections.testsets import ExternalSetParams
from mien.config.sections.train import TrainParams
from mien.config.sections.validate import ValidateParams
from mien.config.testset_faults import testset_faults
from mien.core import paths, registry
from mien.core.errors import ParamsError
from mien.core.plural import plural

Entry = TypeVar("Entry")


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
    # The files of losses and heads declare the keys of these two sections; `document_faults` checks them by
    # mien.config.declared.section_of.
    loss: Mapping[Any, Any] = Field(default_factory=dict, description="values of the parameters that the losses declare")
    head: Mapping[Any, Any] = Field(default_factory=dict, description="values of the parameters that the heads declare")
    explain: ExplainParams = ExplainParams()
    robustness: RobustnessParams = RobustnessParams()
    doubts: DoubtsParams = DoubtsParams()
    predict: PredictParams = PredictParams()
    report: ReportParams = ReportParams()
    models: Mapping[str, ModelParams] = Field(min_length=1, description="the models to train, by name")
    ensembles: Mapping[str, Names] = Field(
        default_factory=dict, description="groups of models, by name, whose calibrated probabilities are averaged"
    )
    exports: Mapping[str, ExportParams] = Field(
        default_factory=dict, description="ONNX files of models, by name, which are tested like the models"
    )
    temporal: Mapping[str, TemporalParams] = Field(
        default_factory=dict, description="models of clips, by name, each on top of a model of single frames"
    )
    distillation: Mapping[str, TeachingParams] = Field(
        default_factory=dict, description="pairs of a student and a teacher, by name; the student also learns the teacher's probabilities"
    )
    testsets: Mapping[str, ExternalSetParams] = Field(
        default_factory=dict, description="further sources, by name, on which every model is tested"
    )
    runtime: RuntimeParams = RuntimeParams()

    @property
    def tested(self) -> tuple[str, ...]:
        """All that is tested on images and compared: the models, then the ensembles, then the exports. `temporal` is tested on clips."""
        return (*self.models, *self.ensembles, *self.exports)

    @property
    def evaluated(self) -> tuple[str, ...]:
        """All with a file in metrics/evaluate: all of `tested`, on images, then the temporal models, on clips."""
        return (*self.tested, *self.temporal)

    def model(self, name: str) -> ModelParams:
        """The entry of one model. Raises ParamsError, which lists the models, if there is no model of that name."""
        if name not in self.models:
            raise ParamsError(f"models has no '{name}'; choose one of: {', '.join(self.models)}")
        return self.models[name]

    def ensemble(self, name: str) -> tuple[str, ...]:
        """The models of one ensemble. Raises ParamsError, which lists the ensembles, if there is no ensemble of that name."""
        return _entry("ensembles", self.ensembles, name)

    def export(self, name: str) -> ExportParams:
        """One export. Raises ParamsError, which lists the exports, if there is no export of that name."""
        return _entry("exports", self.exports, name)

    def testset(self, name: str) -> ExternalSetParams:
        """One further test set. Raises ParamsError, which lists the test sets, if there is none of that name."""
        return _entry("testsets", self.testsets, name)

    def temporal_model(self, name: str) -> TemporalParams:
        """One model of clips. Raises ParamsError, which lists them, if there is none of that name."""
        return _entry("temporal", self.temporal, name)

    def teaching(self, name: str) -> TeachingParams:
        """One pair of a student and a teacher. Raises ParamsError, which lists the pairs, if there is no pair of that name."""
        return _entry("distillation", self.distillation, name)

    def teachers(self, student: str) -> dict[str, str]:
        """The teachers of a model, by the names of the pairs; empty for most models."""
        return {name: pair.teacher for name, pair in self.distillation.items() if pair.student == student}


def _entry(section: str, entries: Mapping[str, Entry], name: str) -> Entry:
    """Raises ParamsError, which lists the names of the section, if there is no entry of that name."""
    if name not in entries:
        raise ParamsError(f"{section} has no '{name}'; it has: {', '.join(entries) or 'none'}")
    return entries[name]


def load_params(path: Path = paths.PARAMS) -> Params:
    """Reads and checks params.yaml. Raises ParamsError with one line per fault: key, rule and value."""
    return parse_params(read_text(path, error=ParamsError), name=str(path))


def parse_params(text: str, *, name: str) -> Params:
    """The parameters in the text of a params.yaml; errors refer to it as `name`. Raises ParamsError with one line per fault."""
    document = parse_document(text, name=name, error=ParamsError)
    if faults := document_faults(document):
        raise ParamsError(
            f"{name} has {plural(len(faults), 'fault')}; correct and run again:\n" + "\n".join(f"  {fault}" for fault in faults)
        )
    whole = {section: declared.section_of(section)(**document.get(section, {})).model_dump() for section in declared.PACKAGES}
    return Params.model_validate({**document, **whole})


def document_faults(document: dict[str, Any]) -> list[str]:
    """A line for each fault of a parsed params.yaml."""
    return list(_faults(document))


def _faults(document: dict[str, Any]) -> Iterator[str]:
    yield from schema_faults(Params, document, ())
    for section in declared.PACKAGES:
        if isinstance(document.get(section), dict):
            yield from schema_faults(declared.section_of(section), document[section], (section,))
    models = document.get("models")
    names = [str(model) for model in models] if isinstance(models, dict) else []
    for name, entry in models.items() if isinstance(models, dict) else ():
        if isinstance(entry, dict):
            yield from model_faults(str(name), entry, document)
    ensembles = document.get("ensembles")
    if isinstance(models, dict) and isinstance(ensembles, dict):
        for name, members in ensembles.items():
            yield from ensemble_faults(str(name), members, names)
    exports = document.get("exports")
    if isinstance(models, dict) and isinstance(exports, dict):
        for name, entry in exports.items():
            yield from export_faults(str(name), entry, names, ensembles if isinstance(ensembles, dict) else {})
    temporal = document.get("temporal")
    if isinstance(models, dict) and isinstance(temporal, dict):
        rows = [str(name) for named in (models, ensembles, exports) if isinstance(named, dict) for name in named]
        for name, entry in temporal.items():
            yield from temporal_faults(str(name), entry, names, rows)
    if isinstance(models, dict):
        yield from weights_cycle_faults(models)
        yield from step_faults(document)
        if isinstance(distillation := document.get("distillation"), dict):
            for name in distillation:
                yield from name_fault(f"distillation.{name}", str(name))
            yield from teaching_faults(distillation, models)
    if isinstance(testsets := document.get("testsets"), dict):
        yield from testset_faults(testsets, document)
    robustness = document.get("robustness")
    if isinstance(robustness, dict):
        corruptions = registry.names("mien.robustness.corruptions")
        yield from list_faults("robustness.corruptions", robustness.get("corruptions"), corruptions, "a list of corruptions")
        if isinstance(models, dict) and models:
            yield from list_faults("robustness.models", robustness.get("models"), names, "a list of names under models")
    doubts = document.get("doubts")
    if isinstance(models, dict) and isinstance(doubts, dict) and doubts.get("model"):
        yield from choice_fault("doubts.model", doubts["model"], names, "one of models, or empty")
