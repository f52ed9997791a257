"""The only reader of params.yaml: combines all sections (mien/config/sections) and checks the rules that concern several of them.

`load_params()` checks the whole file before a stage does any work and reports all faults at once, one line each.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, NonNegativeInt

from mien.config import backbones, declared
from mien.config.documents import parse_document, read_text
from mien.config.faults import choice_fault, schema_faults, short
from mien.config.needs import need_faults, step_faults
from mien.config.order import teaching_faults, weights_cycle_faults
from mien.config.renamed import renamed_head_fault
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
from mien.config.weights import NONE
from mien.core import paths, registry
from mien.core.errors import ParamsError
from mien.core.plural import plural


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
        if name not in self.ensembles:
            raise ParamsError(f"ensembles has no '{name}'; it has: {', '.join(self.ensembles) or 'none'}")
        return self.ensembles[name]

    def export(self, name: str) -> ExportParams:
        """One export. Raises ParamsError, which lists the exports, if there is no export of that name."""
        if name not in self.exports:
            raise ParamsError(f"exports has no '{name}'; it has: {', '.join(self.exports) or 'none'}")
        return self.exports[name]

    def testset(self, name: str) -> ExternalSetParams:
        """One further test set. Raises ParamsError, which lists the test sets, if there is none of that name."""
        if name not in self.testsets:
            raise ParamsError(f"testsets has no '{name}'; it has: {', '.join(self.testsets) or 'none'}")
        return self.testsets[name]

    def temporal_model(self, name: str) -> TemporalParams:
        """One model of clips. Raises ParamsError, which lists them, if there is none of that name."""
        if name not in self.temporal:
            raise ParamsError(f"temporal has no '{name}'; it has: {', '.join(self.temporal) or 'none'}")
        return self.temporal[name]

    def teaching(self, name: str) -> TeachingParams:
        """One pair of a student and a teacher. Raises ParamsError, which lists the pairs, if there is no pair of that name."""
        if name not in self.distillation:
            raise ParamsError(f"distillation has no '{name}'; it has: {', '.join(self.distillation) or 'none'}")
        return self.distillation[name]

    def teachers(self, student: str) -> dict[str, str]:
        """The teachers of a model, by the names of the pairs; empty for most models."""
        return {name: pair.teacher for name, pair in self.distillation.items() if pair.student == student}


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
    for name, entry in models.items() if isinstance(models, dict) else ():
        if isinstance(entry, dict):
            yield from _model_faults(str(name), entry, document)
    ensembles = document.get("ensembles")
    if isinstance(models, dict) and isinstance(ensembles, dict):
        for name, members in ensembles.items():
            yield from _ensemble_faults(str(name), members, [str(model) for model in models])
    exports = document.get("exports")
    if isinstance(models, dict) and isinstance(exports, dict):
        for name, entry in exports.items():
            yield from _export_faults(str(name), entry, models, ensembles if isinstance(ensembles, dict) else {})
    temporal = document.get("temporal")
    if isinstance(models, dict) and isinstance(temporal, dict):
        rows = [str(name) for named in (models, ensembles, exports) if isinstance(named, dict) for name in named]
        for name, entry in temporal.items():
            yield from _temporal_faults(str(name), entry, models, rows)
    if isinstance(models, dict):
        yield from weights_cycle_faults(models)
        yield from step_faults(document)
        if isinstance(distillation := document.get("distillation"), dict):
            for name in distillation:
                yield from _name_faults(f"distillation.{name}", str(name))
            yield from teaching_faults(distillation, models)
    if isinstance(testsets := document.get("testsets"), dict):
        yield from testset_faults(testsets, document)
    robustness = document.get("robustness")
    if isinstance(robustness, dict):
        corruptions = registry.names("mien.robustness.corruptions")
        yield from _list_faults("robustness.corruptions", robustness.get("corruptions"), corruptions, "a list of corruptions")
        if isinstance(models, dict) and models:
            known = [str(name) for name in models]
            yield from _list_faults("robustness.models", robustness.get("models"), known, "a list of names under models")
    doubts = document.get("doubts")
    if isinstance(models, dict) and isinstance(doubts, dict) and doubts.get("model"):
        yield from choice_fault("doubts.model", doubts["model"], [str(name) for name in models], "one of models, or empty")


def _model_faults(name: str, entry: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Rules that need the registries, or that concern one model's overrides."""
    at = f"models.{name}"
    yield from _name_faults(at, name)
    yield from choice_fault(f"{at}.backbone", entry.get("backbone"), sorted(backbones.names()), "a timm architecture or cnn")
    yield from choice_fault(f"{at}.attention", entry.get("attention"), registry.names("mien.models.attention"), "an attention block")
    yield from _weights_faults(name, entry.get("weights"), document)
    yield from _growth_faults(name, entry, document)
    yield from _epoch_faults(name, entry, document)
    heads, losses = registry.names("mien.models.heads"), registry.names("mien.losses")
    renamed = list(renamed_head_fault(f"{at}.head", entry.get("head")))
    yield from renamed or choice_fault(f"{at}.head", entry.get("head"), heads, "a head")
    yield from choice_fault(f"{at}.loss", entry.get("loss"), losses, "a loss")
    for key, section in _own_sections().items():
        if isinstance(entry.get(key), dict):
            # Checked together with the defaults, because some rules concern two values; invalid defaults are reported separately.
            defaults = document.get(key.removesuffix("_params"), {})
            sound = isinstance(defaults, dict) and not list(schema_faults(section, defaults, ()))
            yield from schema_faults(section, {**(defaults if sound else {}), **entry[key]}, ("models", name, key))
    for kind, names in (("loss", losses), ("head", heads)):
        if entry.get(kind) in names:
            yield from _unread(f"{at}.{kind}_params", entry.get(f"{kind}_params"), kind, entry[kind])
    if entry.get("loss") in losses and entry.get("head") in heads and registry.constant("mien.losses", entry["loss"], "TWO_VIEWS"):
        able = [head for head in heads if registry.constant("mien.models.heads", head, "CLASS_MAPS")]
        yield from choice_fault(f"{at}.head", entry["head"], able, f"a head with class maps, as the loss {entry['loss']} needs")
    yield from need_faults(name, entry, document)


def _ensemble_faults(name: str, members: Any, models: list[str]) -> Iterator[str]:
    at = f"ensembles.{name}"
    yield from _name_faults(at, name)
    if name in models:
        yield f"{at}: must have another name than every model, because both are rows of the leaderboard (got {name!r})"
    named = [member for member in members if isinstance(member, str)] if isinstance(members, list) else None
    if named is not None and (len(members) < 2 or len(set(named)) < len(named)):
        yield f"{at}: must list two or more different models (got {short(members)})"
    for member in dict.fromkeys(named or ()):
        yield from choice_fault(at, member, models, "a list of names under models")


def _export_faults(name: str, entry: Any, models: Mapping[Any, Any], ensembles: Mapping[Any, Any]) -> Iterator[str]:
    at = f"exports.{name}"
    yield from _name_faults(at, name)
    if name in models or name in ensembles:
        yield f"{at}: must have another name than every model and ensemble, because all are rows of the leaderboard (got {name!r})"
    if isinstance(entry, dict) and models:
        yield from choice_fault(f"{at}.model", entry.get("model"), [str(model) for model in models], "a name under models")


def _list_faults(at: str, listed: Any, choices: list[str], what: str) -> Iterator[str]:
    named = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    for name in dict.fromkeys(named):
        yield from choice_fault(at, name, choices, what)
    if len(set(named)) < len(named):
        yield f"{at}: must name each only once (got {short(listed)})"


def _temporal_faults(name: str, entry: Any, models: Mapping[Any, Any], rows: list[str]) -> Iterator[str]:
    at = f"temporal.{name}"
    yield from _name_faults(at, name)
    if name in rows:
        yield f"{at}: must have another name than every model, ensemble and export, because its metrics have their own file (got {name!r})"
    if isinstance(entry, dict) and models:
        yield from choice_fault(f"{at}.model", entry.get("model"), [str(model) for model in models], "a name under models")


def _name_faults(at: str, name: str) -> Iterator[str]:
    if not name.isidentifier():
        yield f"{at}: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got {name!r})"


def _growth_faults(name: str, entry: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """The input may grow to the model's size only."""
    given = _train_values(entry, document)
    start_px, input_px = given.get("start_px", 0), entry.get("input_px", ModelParams.model_fields["input_px"].default)
    if isinstance(start_px, int) and isinstance(input_px, int) and start_px > input_px:
        yield f"models.{name}.train.start_px: must be at most models.{name}.input_px, {input_px} (got {start_px})"


def _epoch_faults(name: str, entry: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Maps can be drawn only after epochs that a model may train for."""
    own, shared = entry.get("explain"), document.get("explain")
    is_own = isinstance(own, dict) and "epochs" in own
    section = own if is_own else shared
    asked = section.get("epochs") if isinstance(section, dict) else None
    has_second_stage = entry.get("recipe", ModelParams.model_fields["recipe"].default) == "two_stage" and entry.get("weights") != NONE
    stages = ("epochs", "fine_tune_epochs") if has_second_stage else ("epochs",)
    parts = [_train_values(entry, document).get(key, TrainParams.model_fields[key].default) for key in stages]
    numbers = [epoch for epoch in asked if isinstance(epoch, int)] if isinstance(asked, list) else []
    if not numbers or not all(isinstance(part, int) for part in parts) or max(numbers) <= sum(parts):
        return
    most = f"must be at most {sum(parts)}, the largest number of epochs of {name}"
    if is_own:
        yield f"models.{name}.explain.epochs: {most} (got {max(numbers)})"
    else:
        yield f"explain.epochs: {most}; give that model its own models.{name}.explain.epochs (got {max(numbers)})"


def _train_values(entry: dict[str, Any], document: dict[str, Any]) -> dict[Any, Any]:
    """The parameters under `train` of a model that the file gives, by its own entry or for all models; whatever is no map is left out."""
    both = (document.get("train"), entry.get("train"))
    return {key: value for given in both if isinstance(given, dict) for key, value in given.items()}


def _weights_faults(name: str, weights: Any, document: dict[str, Any]) -> Iterator[str]:
    """Weights of another model must be those of a model of params.yaml, written as DVC needs it to train that model first."""
    others = [str(other) for other in document["models"] if str(other) != name]
    at, parts = f"models.{name}.weights", weights.split("/") if isinstance(weights, str) else []
    if parts[:1] == ["models"] and len(parts) > 1:
        yield f"{at}: must be written ../{weights} for another model, because paths are relative to the folder weights (got {weights!r})"
    elif parts[:2] == ["..", "models"]:
        yield from choice_fault(at, parts[2] if len(parts) == 3 else weights, others, "../models/NAME with another model of params.yaml")


def _own_sections() -> dict[str, type[Section]]:
    """The keys of a model's entry that override a section, with the schema of that section."""
    declared_ones = {f"{section}_params": declared.section_of(section) for section in declared.PACKAGES}
    return {**declared_ones, "train": TrainParams, "augment": AugmentParams, "explain": ExplainParams}


def _unread(at: str, own: Any, kind: str, name: str) -> Iterator[str]:
    """A line for each parameter that an entry sets but its loss or head does not read."""
    read = declared.parameters(kind, name)
    for key in own if isinstance(own, dict) else ():
        if key in declared.section_of(kind).model_fields and key not in read:
            what = (
                f"must be a parameter of the {kind} {name}: {', '.join(read)}"
                if read
                else f"must be removed, because the {kind} {name} has no parameters"
            )
            yield f"{at}.{key}: {what} (got {own[key]!r})"
