"""A Python that has imported the package already: real processes for the tests, without two seconds of imports each.

``server.py`` imports once and then forks a process for each command; ``client.py`` stands in for ``sys.executable``.
It hands its arguments, folder, environment and standard streams over, passes signals on, and ends as the process ends.
What no fork can show, that a cold start imports everything in an order that works, is left to the tests that start
``sys.executable`` itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_UNIX, socket

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]


@contextmanager
def warm_python(**variables: str) -> Iterator[list[str]]:
    """Start the interpreter; yields the command to use in the place of ``sys.executable``.

    Args:
        variables: Environment that Python reads when it starts, such as ``PYTHONPATH``; the same for all processes.
    """
    folder = Path(tempfile.mkdtemp(prefix="admin-auth-python-"))
    with socket(AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen(64)
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.warm_python.server", str(listener.fileno())],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("ADMIN_AUTH_")} | variables,
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # A Ctrl-C reaches the processes once, through their clients.
            start_new_session=True,
        )
    try:
        yield [sys.executable, "-IS", str(FOLDER / "client.py"), str(folder / "socket")]
    finally:
        # It ends at the end of its standard input, so that it never outlives a run that was killed.
        server.communicate()
        shutil.rmtree(folder, ignore_errors=True)
