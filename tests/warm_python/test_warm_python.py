"""A process that was forked cannot tell, nor can who started it, that it is none of Python's own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ABOUT_ITSELF = """
import os, sys
if __name__ == "__main__":
    print(sys.argv, os.getcwd(), sys.path[0], sorted(os.environ.items()), sys.stdin.read())
    print("trouble", file=sys.stderr)
    sys.exit(int(sys.argv[-1]))
"""


@pytest.fixture(params=["script", "module", "code"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    (tmp_path / "about.py").write_text(ABOUT_ITSELF)
    programs = {"script": [str(tmp_path / "about.py")], "module": ["-m", "about"], "code": ["-c", ABOUT_ITSELF]}
    return programs[request.param]


def run(python: list[str], *arguments: str, folder: Path, **options: Any) -> tuple[int, str, str]:
    ended = subprocess.run(
        [*python, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False, **options
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("status", [0, 7])
def test_arguments_folder_environment_streams_and_status_are_those_of_python(
    python: list[str], program: list[str], tmp_path: Path, status: int
) -> None:
    given: dict[str, Any] = {"input": "näh", "env": {"LC_ALL": "C.UTF-8", "GREETING": "hello\nthere", "PATH": "/bin"}}
    arguments = [*program, "--no-input", "", "a b", str(status)]
    forked = run(python, *arguments, folder=tmp_path, **given)
    assert forked == run([sys.executable], *arguments, folder=tmp_path, **given)
    assert (forked[0], forked[2]) == (status, "trouble\n")


def test_one_knows_nothing_of_another(python: list[str], tmp_path: Path) -> None:
    # Two that drew the same random numbers would make the same tokens.
    code = "import os, random, secrets, sys; print(hasattr(sys, 'seen'), random.random()); sys.seen = True"
    one, other = (run(python, "-c", code, folder=tmp_path)[1] for _ in range(2))
    assert one != other
    assert {one.split()[0], other.split()[0]} == {"False"}


@pytest.mark.parametrize(("last", "status", "trouble"), [("print('done')", 0, ""), ("1 / 0", 1, "ZeroDivisionError")])
def test_its_end_is_that_of_python_too(python: list[str], tmp_path: Path, last: str, status: int, trouble: str) -> None:
    code = f"import atexit; atexit.register(print, 'bye'); {last}"
    ended, output, errors = run(python, "-c", code, folder=tmp_path)
    assert (ended, output.splitlines()[-1]) == (status, "bye")
    assert trouble in errors


def test_settings_that_python_reads_when_it_starts_are_refused_where_they_come_too_late(
    python: list[str], tmp_path: Path
) -> None:
    status, _, errors = run(python, "-c", "", folder=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert (status, errors) == (1, "Python has started without PYTHONPATH.\n")


@pytest.fixture
def waiting(python: list[str]) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that waits for a signal, with its number."""
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with subprocess.Popen([*python, "-c", code], stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        yield client, int(client.stdout.readline())
        client.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_ends_both(waiting: tuple["subprocess.Popen[str]", int], number: signal.Signals) -> None:
    client, process = waiting
    client.send_signal(number)
    assert client.wait(20) == -number
    assert is_gone(process)


def test_a_signal_that_it_waits_for_does_not_kill_it(python: list[str]) -> None:
    code = "import signal; signal.signal(15, lambda *_: exit(5)); print('ready', flush=True); signal.pause()"
    with subprocess.Popen([*python, "-c", code], stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
        client.terminate()
        assert client.wait(20) == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_who_waits_for_it_hears_how_it_ended(
    waiting: tuple["subprocess.Popen[str]", int], number: signal.Signals
) -> None:
    client, process = waiting
    os.kill(process, number)
    assert client.wait(20) == -number


def is_gone(process: int) -> bool:
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
