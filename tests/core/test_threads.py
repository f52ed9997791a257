import os
import subprocess
import sys

import pytest

SCRIPT = "import sys; sys.argv = ['-m']; import stages, os; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"


@pytest.mark.parametrize(("given", "kept"), [({}, "passive"), ({"OMP_WAIT_POLICY": "active"}, "active")])
def test_threads_of_a_stage_sleep_while_they_wait_unless_the_user_says_otherwise(given: dict[str, str], kept: str) -> None:
    clean = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env={**clean, **given}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [kept, "False"], "and before torch is imported"
