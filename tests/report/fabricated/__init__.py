"""A small complete run made up from random numbers: every file that stage `report` reads, in the current folder."""

from mien.config.prediction import ensemble_config
from mien.core import paths
from mien.core.files import write_json
from tests.report.fabricated.data import HOSTILE, write_data
from tests.report.fabricated.explanation import write_doubts, write_explanation
from tests.report.fabricated.model import FINGERPRINT, SPEED, write_comparison, write_evaluation, write_training
from tests.report.fabricated.plan import CLASSES, Plan, write_params
from tests.report.fabricated.robustness import write_robustness
from tests.report.fabricated.testset import write_testset

__all__ = ["CLASSES", "HOSTILE", "Plan", "fabricate"]


def fabricate(
    models: tuple[str, ...] = ("good", "poor"),
    *,
    classes: tuple[str, ...] = CLASSES,
    num_images: int = 90,
    explained: bool = True,
    doubted: bool = True,
    official: bool = False,
    timed: bool = True,
    seeds: tuple[int, ...] = (),
    names: str = "hashed",
    ensembles: dict[str, list[str]] | None = None,
    exports: dict[str, dict[str, str]] | None = None,
    testsets: tuple[str, ...] = (),
    robust: tuple[str, ...] | None = None,
) -> Plan:
    """Writes the run and returns what it was made from; what is False is left out, as where a stage has not been run.

    `robust` are the models in robustness.models; by default those that are explained.
    """
    robust = (models if explained else ()) if robust is None else robust
    parts = {"ensembles": ensembles or {}, "exports": exports or {}, "testsets": testsets, "robust": robust}
    params = write_params(models, classes, official=official, names=names, **parts)  # type: ignore[arg-type]
    rows = write_data(params, num_images)
    plan = Plan(params, rows)
    for model in models:
        write_training(plan, model, timed=timed)
        write_evaluation(plan, model, seeds=seeds)
        if explained:
            write_explanation(plan, model)
        if model in robust:
            write_robustness(plan, model)
    for ensemble in params.ensembles:
        write_json(paths.ensemble_config(ensemble), ensemble_config(params, ensemble).model_dump())
        write_evaluation(plan, ensemble, seeds=())
    for export, entry in params.exports.items():
        write_json(paths.export_config(export), entry.model_dump())
        write_evaluation(plan, export, seeds=())
        if timed:
            write_json(paths.exported_cost(export, FINGERPRINT, precision=entry.precision), SPEED | {"precision": entry.precision})
    for number, testset in enumerate(testsets):
        write_testset(plan, testset, absent=number, seeds=seeds)
    write_comparison(plan)
    if doubted:
        write_doubts(plan)
    return plan
