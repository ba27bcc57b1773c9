"""The parser, loaded once for all tests of news."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from retorsion.news.parser import load_parser

if TYPE_CHECKING:
    from spacy.language import Language


@pytest.fixture(scope="session")
def parser() -> Language:
    return load_parser()
