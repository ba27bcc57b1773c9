"""Kinds of acts in words."""

from __future__ import annotations

import polars as pl
from places import RAW
from retorsion.figures.kinds import _WORDS, kind_words


def test_kinds_with_words_of_their_own_are_kinds_of_the_record_and_differ() -> None:
    types = pl.read_csv(RAW / "act_types" / "act_types.csv")["act_type"].to_list()
    assert set(_WORDS) <= set(types)
    words = [kind_words(one) for one in types]
    assert len(set(words)) == len(words)
    assert kind_words("export_ban_goods") == "export ban on goods"
    assert kind_words("entry_ban") == "entry ban"
