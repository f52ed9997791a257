"""The stages, one script each, run as `python -m stages.NAME`."""

import sys

if sys.argv[0] == "-m":  # Python is looking for the script to run: from here on Ctrl-C ends in one line, also while pandas or torch load
    from mien.core.ends import imports_begin
    from mien.core.stopping import end_quietly

    end_quietly()
    imports_begin()
