"""CAMEO and PLOVER codes of act types, and the intensity of an act on each scale.

Goldstein, J. S. (1992), A Conflict-Cooperation Scale for WEIS Events Data, Journal of Conflict Resolution
36(2); Open Event Data Alliance, PLOVER manual (2024).
"""

from __future__ import annotations

import polars as pl

SCALES = ("intensity_goldstein", "intensity_plover", "intensity_equal", "intensity_log_subjects")


def with_codes(acts: pl.DataFrame, act_types: pl.DataFrame) -> pl.DataFrame:
    """Add ``cameo_code`` and ``plover_type`` (category, or category/mode) to rows that have ``act_type``."""
    codes = act_types.select(
        "act_type",
        "cameo_code",
        pl.concat_str(["plover_category", "plover_mode"], separator="/", ignore_nulls=True).alias(
            "plover_type"
        ),
    )
    return acts.join(codes, on="act_type", how="left", maintain_order="left")


def plover_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Score of every PLOVER category and mode.

    Args:
        scores: ``category``, ``mode`` (null for the category itself), ``score``.

    Returns:
        ``plover_type`` (category, or category/mode), ``plover_score``.
    """
    return scores.select(
        pl.concat_str(["category", "mode"], separator="/", ignore_nulls=True).alias("plover_type"),
        pl.col("score").alias("plover_score"),
    )


def with_intensity(acts: pl.DataFrame, cameo: pl.DataFrame, plover: pl.DataFrame) -> pl.DataFrame:
    """Add the intensity on each of :data:`SCALES`; positive is hostile on all of them.

    Args:
        acts: at least ``cameo_code``, ``plover_type``, ``n_subjects``.
        cameo: ``cameo_code``, ``goldstein_score``.
        plover: ``plover_type``, ``plover_score`` as :func:`plover_scores` gives them.

    Returns:
        ``acts`` with four columns more, in its own order.
    """
    goldstein = _hostile("goldstein_score")
    sign = goldstein.sign()
    subjects = pl.max_horizontal(pl.col("n_subjects").fill_null(1), pl.lit(1))
    return (
        acts.join(
            cameo.select("cameo_code", "goldstein_score"), on="cameo_code", how="left", maintain_order="left"
        )
        .join(plover, on="plover_type", how="left", maintain_order="left")
        .with_columns(
            goldstein.alias("intensity_goldstein"),
            _hostile("plover_score").alias("intensity_plover"),
            sign.alias("intensity_equal"),
            (sign * (1 + subjects).log()).round(6).alias("intensity_log_subjects"),
        )
        .drop("goldstein_score", "plover_score")
    )


def _hostile(score: str) -> pl.Expr:
    """Minus a score. The minus of zero is zero, which polars would write as -0.0; adding zero does not mend it."""
    return pl.when(pl.col(score) == 0).then(0.0).otherwise(-pl.col(score))
