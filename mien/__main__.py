"""The command `mien`, also as `python -m mien`: Ctrl-C ends in one line while its modules are still being imported, too."""

from mien.core.stopping import end_quietly
from mien.core.threads import wait_without_spinning


def main() -> None:
    """Runs the command line."""
    end_quietly()
    wait_without_spinning()
    from mien.cli.app import app

    app()


if __name__ == "__main__":
    main()
