import numpy as np

from mien.compare.leaderboard import HEADINGS
from mien.report.cards.front_matter import METRICS
from mien.report.page.model.metrics import ORDER
from mien.statistics.headline import HEADLINE, MAIN
from mien.statistics.overall_metrics import overall_metrics


def test_every_headline_metric_is_computed_and_shown_everywhere() -> None:
    computed = {*overall_metrics(np.eye(3)), "top2_accuracy"}
    assert set(HEADLINE) == computed == set(ORDER) == set(METRICS) == set(HEADINGS)
    assert set(MAIN) < set(HEADLINE)
