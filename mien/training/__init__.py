"""Training. A job script may set variables that are not numbers; Lightning fails on them at import, so they are removed first."""

import os

for _name in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK"):
    if not os.environ.get(_name, "0").strip().isdecimal():
        del os.environ[_name]
