"""In which order two processes run the tests, so that neither waits for the other at the end."""

from collections.abc import Sequence
from pathlib import Path

BROWSER = ("browser",)
#: Start processes of their own.
PROCESSES = ("host_database", "packaging", "examples", "cli")


def slow_ones_first(paths: Sequence[Path], workers: int) -> list[int]:
    """Return the order in which to run tests, as indices.

    pytest-xdist gives each worker a share of the list, in one piece, and whoever is done takes from the end of
    another's. So the first share begins with the tests in Chromium and the second with those that start processes:
    each takes seconds, and one of them begun last would leave the other worker idle. All end with quick ones.

    Args:
        paths: The file of each test.
        workers: How many there are; the order stays as it is for one.
    """
    order = list(range(len(paths)))
    if workers == 1:
        return order
    folders = [next((folder for folder in (*PROCESSES, *BROWSER) if folder in path.parts), "") for path in paths]
    first = [number for number in order if folders[number] in BROWSER]
    second = sorted((number for number in order if folders[number] in PROCESSES), key=lambda n: (folders[n], n))
    quick = [number for number in order if not folders[number]]
    share = max(0, len(order) // workers - len(first))
    return [*first, *quick[:share], *second, *quick[share:]]
