"""Tasks give the same results and errors whoever runs them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from retorsion.processes import InOrder
from retorsion.steps.workers import most_memory, workers


def test_processes_and_the_plain_way_give_the_same() -> None:
    with workers("math") as executor:
        for running in (executor, InOrder()):
            assert [running.submit(math.factorial, n).result() for n in range(6)] == [1, 1, 2, 6, 24, 120]
            failed = running.submit(math.sqrt, -1.0)
            with pytest.raises(ValueError, match=r"math domain error|expected a nonnegative"):
                failed.result()


def test_one_processor_is_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0}, raising=False)
    with workers("math") as executor:
        assert isinstance(executor, InOrder)


@pytest.mark.parametrize(
    ("line", "place", "limit", "expected"),
    [
        ("4:memory:/some/group", "memory/some/group/memory.limit_in_bytes", "1000", 1000),
        ("4:memory:/some/group", "memory/some/memory.limit_in_bytes", "2000", 2000),
        ("0::/some/group", "some/group/memory.max", "3000", 3000),
        ("0::/not/seen/from/here", "memory.max", "4000", 4000),
        ("0::/", "memory.max", "max", None),
        ("3:cpuset:/", "memory.max", "1000", None),
    ],
)
def test_memory_is_what_the_machine_or_a_control_group_allows(
    tmp_path: Path, line: str, place: str, limit: str, expected: int | None
) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{limit}\n")
    listed = tmp_path / "listed"
    listed.write_text(f"{line}\n")
    whole = most_memory(tmp_path / "no-such-file")
    assert whole > 2**28
    assert most_memory(listed, tmp_path) == (whole if expected is None else expected)


def test_little_memory_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retorsion.steps.workers.most_memory", lambda: 2 * 2**30)
    with workers("math") as executor:
        assert isinstance(executor, InOrder)
