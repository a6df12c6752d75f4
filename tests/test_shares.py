from pathlib import Path

import pytest

from tests.shares import slow_ones_first

PATHS = [Path("tests") / folder / "test_a.py" for folder in ["api"] * 30 + ["browser"] * 8 + ["cli"] * 6 + ["web"] * 30]


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_each_test_is_run_once(workers: int) -> None:
    assert sorted(slow_ones_first(PATHS, workers)) == list(range(len(PATHS)))


def test_each_of_two_workers_begins_with_slow_ones_and_ends_with_quick_ones() -> None:
    folders = [PATHS[number].parts[1] for number in slow_ones_first(PATHS, 2)]
    one, two = folders[: len(folders) // 2], folders[len(folders) // 2 :]
    assert (one[:9], two[:7]) == (["browser"] * 8 + ["api"], ["cli"] * 6 + ["api"])
    assert (one[-1], two[-1]) == ("api", "web")


def test_one_process_runs_them_as_they_stand() -> None:
    assert slow_ones_first(PATHS, 1) == list(range(len(PATHS)))
