"""Every reader, archive and kind of YAML against damaged files and files made to swell: a part of the whole attack.

``python benchmarks/attack_readers.py`` makes a hundred thousand damaged files, measures memory, and makes the largest.
"""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from attacks import Target, attack, mutant, targets
from damage import EXAMPLES
from retorsion.errors import RetorsionError
from retorsion.sources.readers import readers
from swelling import Bomb, bombs

#: What takes long to make is left to the whole attack.
_LARGE = re.compile(r"\d+ (MB|GiB|million)|,000 files|10\^8|10\^7 subjects|4 \* 10\^7")
QUICK = [one for one in bombs() if not _LARGE.search(one.name)]


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> list[Target]:
    return targets(tmp_path_factory.mktemp("targets"))


def test_every_reader_is_attacked(every: list[Target], tmp_path: Path) -> None:
    names = {target.name for target in every}
    assert set(readers()) <= names
    assert {"params", "case", "sidecar", "corrections"} <= names
    whole = {target.name for target in every if attack(target, target.data, tmp_path) == "read"}
    assert whole == names, "each has a file that is read as long as it is whole"


def test_damaged_files_raise_nothing_but_our_error(every: list[Target], tmp_path: Path) -> None:
    names = sorted({target.name for target in every})
    for number in range(8 * EXAMPLES):
        own = [target for target in every if target.name == names[number % len(names)]]
        target = random.Random(number).choice(own)
        before = time.process_time()
        attack(target, mutant(target, number), tmp_path)
        assert time.process_time() - before < 5, (target.name, number)


@pytest.mark.parametrize("bomb", QUICK, ids=lambda bomb: bomb.name)
def test_what_is_made_to_swell_is_refused_soon(bomb: Bomb, tmp_path: Path) -> None:
    path = tmp_path / bomb.file
    bomb.make(path)
    before = time.process_time()
    with pytest.raises(RetorsionError):
        bomb.read(path)
    assert time.process_time() - before < 5
