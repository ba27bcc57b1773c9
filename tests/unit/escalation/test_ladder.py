"""The ladder of escalation: how far up, and who was first."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from retorsion.errors import ParameterError
from retorsion.escalation.ladder import ladder_first, ladder_path

START = date(2020, 1, 6)


def sequence(*rows: tuple[int, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "act_id": f"{k:04d}",
                "act_date": START + timedelta(days=day),
                "actor_code": actor,
                "act_type": kind,
            }
            for k, (day, actor, kind) in enumerate(rows)
        ]
    )


RUNGS = pl.DataFrame({"act_type": ["talk", "word", "freeze", "ban"], "rung": [None, 1, 3, 4]})


def test_ladder():
    acts = sequence(
        (0, "A", "word"), (2, "A", "freeze"), (2, "A", "word"), (5, "B", "freeze"), (6, "A", "word"),
        (7, "B", "talk"), (9, "A", "ban"),
    )  # fmt: skip
    path = ladder_path(acts, RUNGS)
    own = path.filter(pl.col("actor_code") == "A")
    assert own["rung"].to_list() == [1, 3, 1, 4]
    assert own["highest"].to_list() == [1, 3, 3, 4]
    assert own["step"].to_list() == [None, 2, -2, 3]
    first = {(r["rung"], r["actor_code"]): r for r in ladder_first(acts, RUNGS).iter_rows(named=True)}
    assert first[3, "A"]["lead_days"] == 3
    assert first[3, "B"]["lead_days"] == -3
    assert first[4, "A"]["lead_days"] is None
    assert first[1, "A"]["n_acts"] == 3
    with pytest.raises(ParameterError, match=r"no row for the act types \['war'\]"):
        ladder_path(sequence((0, "A", "war")), RUNGS)
