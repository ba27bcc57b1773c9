"""Japan: the Ministry of Finance's list of persons and bodies whose assets are frozen.

``shisantouketsu<yyyymmdd>.csv``: 32 columns with Japanese names, one row for each subject, UTF-8 with a
byte-order mark, lines ended by CRLF, several lines in some cells. The category (区分) is a bare number, and
later categories are renumbered when the ministry inserts one, so it means nothing without the vintage. The
date of notice (告示日付) is the first notice, and after it each revision, marked 改訂, such as
``2001.10.12 2012.3.27改訂``. Layout: the ministry's file of 28 August 2026.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path

import polars as pl

from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import ROW, Check, Rows, is_first
from retorsion.sources.text.published import N_ROWS, QuotedLayout, read_rows, required
from retorsion.sources.text.words import Meanings

SUBJECT_TYPES = {"個人": "individual", "団体": "entity"}

_LAYOUT = QuotedLayout(
    publisher="the Ministry of Finance of Japan",
    columns=(
        "区分",
        "番号",
        "告示日付",
        "告示番号",
        "個人・団体",
        "氏名（日本語）",
        "氏名（英語）",
        "別名・別称（日本語）",
        "別名・別称（英語）",
        "旧称（日本語）",
        "旧称（英語）",
        "確定に十分でない別名（日本語）",
        "確定に十分でない別名（英語）",
        "称号（日本語）",
        "称号（英語）",
        "役職（日本語）",
        "役職（英語）",
        "生年月日",
        "出生地（日本語）",
        "出生地（英語）",
        "国籍（日本語）",
        "国籍（英語）",
        "旅券番号",
        "身分証番号",
        "住所・所在地（国）（日本語）",
        "住所・所在地（都市その他の情報）（日本語）",
        "住所・所在地（国）（英語）",
        "住所・所在地（都市その他の情報）（英語）",
        "国連参照番号",
        "リスト掲載日",
        "その他の情報",
        "外務省告示情報",
    ),
)

#: First year of each era, less one.
_ERAS = {"昭和": 1925, "平成": 1988, "令和": 2018}

_DATE = re.compile(
    r"(?P<open>\()?(?:(?P<year>\d{4})|(?P<era>昭和|平成|令和)(?P<era_year>\d{1,2}|元))"
    r"(?:\.(?P<month>\d{1,2})\.(?P<day>\d{1,2})|年(?P<month_kanji>\d{1,2})月(?P<day_kanji>\d{1,2})日)"
    r"(?P<revised>\s*に?改訂)?(?(open)\))",
    re.ASCII,
)
_BETWEEN = re.compile(r"[\s、;]*")


def notice_dates(text: str) -> tuple[date, tuple[date, ...]] | None:
    """Dates of first notice and of revisions.

    Args:
        text: cell 告示日付: dates as ``2022.3.1``, ``2022年3月1日`` or ``令和4年3月1日``, each after the
            first marked as a revision, parted by blanks, line breaks or commas, in brackets or not.
            Full-width digits are read too.

    Returns:
        First notice and revisions, or None if the cell is of any other shape, or a day does not exist.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    dates: list[date] = []
    at = 0
    while at < len(plain):
        found = _DATE.match(plain, at)
        if found is None or bool(found["revised"]) != bool(dates):
            return None
        try:
            dates.append(_date(found))
        except ValueError:
            return None
        following = _BETWEEN.match(plain, found.end())
        at = following.end() if following else found.end()
    return (dates[0], tuple(dates[1:])) if dates else None


def _date(found: re.Match[str]) -> date:
    if found["year"]:
        year = int(found["year"])
    else:
        year = _ERAS[found["era"]] + (1 if found["era_year"] == "元" else int(found["era_year"]))
    return date(year, int(found["month"] or found["month_kanji"]), int(found["day"] or found["day_kanji"]))


def read_mof_list(path: Path, *, source_id: str) -> Rows:
    """Read the list.

    Args:
        path: the CSV file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in file order: ``row`` (first line), ``n_rows`` (1),
        ``list_number``, ``subject_type`` (individual, entity), ``subject_name`` (as the list romanises it),
        ``name_ja``, ``subject_country`` (a person's nationality, a body's country of address, both in the
        list's English words), ``programmes`` (the category, two digits), ``announced_date`` (first notice),
        ``effective_date`` (null), ``revision_dates`` (list), ``notice_number``, ``un_reference``,
        ``list_date_text`` (as written), ``aliases_ja``, ``aliases_en``, ``title_en``, ``position_en``,
        ``birth_date_text``, ``remarks``. Rejected: the rows that failed a check.

    Raises:
        SourceError: the file is not in the layout.
    """
    return read_rows(path, _LAYOUT, _CHECKS, _subjects, source_id=source_id, coded=_dated)


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    cells = rows["告示日付"].drop_nulls().unique(maintain_order=True)
    notices = [notice_dates(cell) for cell in cells]
    dates = pl.DataFrame(
        {
            "告示日付": cells,
            "announced_date": pl.Series([n and n[0] for n in notices], dtype=pl.Date),
            "revision_dates": pl.Series(
                [None if n is None else list(n[1]) for n in notices], dtype=pl.List(pl.Date)
            ),
        }
    )
    return rows.join(dates, on="告示日付", how="left", maintain_order="left")


def _subjects(rows: pl.DataFrame, _: Meanings) -> pl.DataFrame:
    is_person = pl.col("個人・団体") == "個人"
    return rows.select(
        ROW,
        pl.lit(1, dtype=pl.Int64).alias(N_ROWS),
        pl.col("番号").alias("list_number"),
        pl.col("個人・団体").replace_strict(SUBJECT_TYPES, return_dtype=pl.String).alias("subject_type"),
        pl.col("氏名（英語）").alias("subject_name"),
        pl.col("氏名（日本語）").alias("name_ja"),
        pl.when(is_person)
        .then(pl.col("国籍（英語）"))
        .otherwise(pl.col("住所・所在地（国）（英語）"))
        .alias("subject_country"),
        pl.concat_list(pl.col("区分").str.zfill(2)).alias("programmes"),
        "announced_date",
        pl.lit(None, dtype=pl.Date).alias("effective_date"),
        "revision_dates",
        pl.col("告示番号").alias("notice_number"),
        pl.col("国連参照番号").alias("un_reference"),
        pl.col("リスト掲載日").alias("list_date_text"),
        pl.col("別名・別称（日本語）").alias("aliases_ja"),
        pl.col("別名・別称（英語）").alias("aliases_en"),
        pl.col("称号（英語）").alias("title_en"),
        pl.col("役職（英語）").alias("position_en"),
        pl.col("生年月日").alias("birth_date_text"),
        pl.col("その他の情報").alias("remarks"),
    )


_CHECKS = (
    Check(
        "区分", pl.col("区分").str.contains(r"^[0-9]{1,2}$"), "is not the number of a category", "Correct it."
    ),
    Check(
        "番号",
        pl.col("番号").str.contains(r"^[0-9]{3}-[0-9]{6}$"),
        "is not a list number like 029-000001",
        "Compare the row with the ministry's list.",
    ),
    Check(
        "番号",
        is_first("番号"),
        "is the number of an earlier row",
        "Compare both rows with the ministry's list.",
    ),
    required("告示日付"),
    Check(
        "告示日付",
        pl.col("announced_date").is_not_null(),
        "is not a date of notice, with revisions marked 改訂",
        "Dates are written 2022.3.1, 2022年3月1日 or 令和4年3月1日. If the ministry writes another shape, "
        "add it to the reader.",
    ),
    Check(
        "個人・団体",
        pl.col("個人・団体").is_in(list(SUBJECT_TYPES)),
        "is neither 個人 nor 団体",
        "If the ministry has a new kind, add it to the reader.",
    ),
    Check(
        "氏名（英語）",
        pl.any_horizontal(pl.col("氏名（英語）", "氏名（日本語）").is_not_null()),
        "is missing, and so is the Japanese name",
        "A subject has a name: compare the row with the ministry's list.",
    ),
)


READERS = (
    Reader(
        "mof_list",
        "list",
        "Ministry of Finance Japan, asset-freeze list (shisantouketsu<day>.csv)",
        read_mof_list,
        header("区分", "告示日付"),
        ("list_number",),
    ),
)
