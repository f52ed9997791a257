"""Training. Lightning reads these variables as it is imported, and fails on one that a job script has set to no number: so they go before."""

import os

for _name in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK"):
    if not os.environ.get(_name, "0").strip().isdecimal():
        del os.environ[_name]
