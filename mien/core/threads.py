"""How the threads of torch and NumPy wait for each other."""

import os


def wait_without_spinning() -> None:
    """Lets the threads of OpenMP sleep while they wait, unless the user has decided it; must be called before torch is imported.

    By default they spin, because that is faster while every thread has a core of its own. Where it has not (two cores and another process,
    or a shared machine), the spinning thread keeps the one that it waits for from running: a training step of MobileNetV2 with two threads
    beside another process took 2.7 s with spinning and 0.5 to 0.9 s without. Results do not depend on it.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
