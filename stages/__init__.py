"""The stages, one script each, run as `python -m stages.NAME`."""

import sys

if sys.argv[0] == "-m":  # `python -m` is looking for the script: from here on Ctrl-C prints one line, even while pandas or torch load
    from mien.core.ends import imports_begin
    from mien.core.stopping import end_quietly
    from mien.core.threads import wait_without_spinning

    end_quietly()
    wait_without_spinning()
    imports_begin()
