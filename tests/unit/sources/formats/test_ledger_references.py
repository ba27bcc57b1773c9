"""The files of all ledgers side by side: every reference that fails is named with its place and its remedy."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from ledger_rows import ACT_TYPES, BAN, GOOD, HOSTS, PAGE, PROTEST, accepted, assert_unfit, changed
from retorsion.errors import RetorsionError
from retorsion.sources.formats.ledger_references import check_references


def test_references_fit(tmp_path: Path) -> None:
    check_references(accepted(tmp_path), ACT_TYPES, HOSTS)


class TestReferences:
    def test_reply_to_an_unknown_act(self, tmp_path: Path) -> None:
        words = ("replies.csv, row 2, column 'act_id', value 'fra-1999-x'", "add the act")
        assert_unfit(tmp_path, *words, replies=changed("replies", act_id="fra-1999-x"))

    def test_unknown_reply(self, tmp_path: Path) -> None:
        words = ("replies.csv, row 2, column 'reply_act_id', value 'bel-x'", "acts.csv does not have")
        assert_unfit(tmp_path, *words, replies=changed("replies", reply_act_id="bel-x"))

    def test_reply_before_its_act(self, tmp_path: Path) -> None:
        cells = {"act_id": "bel-2020-01-31-protest", "announced_date": "2020-01-31"}
        rows = {
            "acts": changed("acts", 2, **cells),
            "replies": changed("replies", reply_act_id=cells["act_id"]),
        }
        assert_unfit(tmp_path, "replies.csv, row 2", "comes before", "Correct one of the two dates", **rows)

    def test_reply_known_to_the_month_of_its_act_is_no_fault(self, tmp_path: Path) -> None:
        cells = {"act_id": "fra-2020-02-29-ban", "announced_date": "2020-02-29", "effective_date": ""}
        rows = {
            "acts": changed("acts", 1, **cells),
            "products": changed("products", act_id=cells["act_id"]),
            "scope": changed("scope", measure_id=cells["act_id"]),
            "replies": changed("replies", act_id=cells["act_id"]),
            "totals": changed("totals", covers=cells["act_id"]),
            "disagreements": changed("disagreements", act_id=cells["act_id"]),
        }
        check_references(accepted(tmp_path, **rows), ACT_TYPES, HOSTS)

    def test_unknown_act_type(self, tmp_path: Path) -> None:
        words = ("acts.csv, row 3, column 'act_type', value 'baan'", "act_types.csv")
        assert_unfit(tmp_path, *words, acts=changed("acts", 1, act_type="baan"))

    def test_the_nearest_act_type_is_named(self, tmp_path: Path) -> None:
        assert_unfit(tmp_path, "Did you mean 'protest'?", acts=changed("acts", 2, act_type="protst"))

    def test_goods_of_no_trade_measure(self, tmp_path: Path) -> None:
        words = ("scope.csv, row 2, column 'measure_id'", "is not a trade measure")
        assert_unfit(tmp_path, *words, scope=changed("scope", measure_id=PROTEST["act_id"]))

    def test_act_type_of_another_domain(self, tmp_path: Path) -> None:
        words = ("acts.csv, row 3, column 'act_type', value 'protest'", "another domain")
        assert_unfit(tmp_path, *words, acts=changed("acts", 1, act_type="protest"))

    def test_unknown_announcement(self, tmp_path: Path) -> None:
        words = ("acts.csv, row 3, column 'formalises_act_id', value 'fra-x'", "acts.csv does not have")
        assert_unfit(tmp_path, *words, acts=changed("acts", 1, formalises_act_id="fra-x"))

    @pytest.mark.parametrize("cells", [{"phase_type": "decision"}, {"actor_code": "LUX"}], ids=str)
    def test_not_an_announcement_of_the_same_actor(self, cells: dict[str, str], tmp_path: Path) -> None:
        if "actor_code" in cells:
            cells = cells | {"act_id": "lux-2020-01-05-ban"}
        acts = changed("acts", 0, **cells)
        acts[1] = acts[1] | {"formalises_act_id": acts[0]["act_id"]}
        totals = changed("totals", covers=acts[0]["act_id"])
        words = ("acts.csv, row 3, column 'formalises_act_id'", "not an earlier announcement")
        assert_unfit(tmp_path, *words, acts=acts, totals=totals)

    def test_later_announcement(self, tmp_path: Path) -> None:
        cells = {"act_id": "fra-2020-03-05-ban", "announced_date": "2020-03-05"}
        acts = changed("acts", 0, **cells)
        acts[1] = acts[1] | {"formalises_act_id": cells["act_id"]}
        totals = changed("totals", covers=cells["act_id"])
        assert_unfit(tmp_path, "not an earlier announcement", acts=acts, totals=totals)

    def test_product_of_no_trade_measure(self, tmp_path: Path) -> None:
        words = ("products.csv, row 2, column 'act_id'", "trade measures only")
        assert_unfit(tmp_path, *words, products=changed("products", act_id=PROTEST["act_id"]))

    def test_total_covers_an_unknown_act(self, tmp_path: Path) -> None:
        covers = f"{BAN['act_id']};fra-x"
        words = (f"totals.csv, row 2, column 'covers', value '{covers}'", "acts.csv does not have")
        assert_unfit(tmp_path, *words, totals=changed("totals", covers=covers))

    def test_version_of_an_unknown_act_and_a_count_of_the_others(self, tmp_path: Path) -> None:
        rows = [*changed("disagreements", act_id="fra-x"), *changed("disagreements", act_id="fra-y")]
        words = ("disagreements.csv, row 2, column 'act_id', value 'fra-x'", "(1 more)")
        assert_unfit(tmp_path, *words, disagreements=rows)

    def test_a_reply_done_before_the_act_it_answers(self, tmp_path: Path) -> None:
        protest = {"act_id": "bel-2020-02-03-protest", "announced_date": "2020-02-03"}
        done = {"done_date": "2020-01-30", "done_basis": "text"}
        rows = {
            "acts": changed("acts", 2, **protest, **done),
            "replies": changed("replies", reply_act_id=protest["act_id"]),
        }
        assert_unfit(tmp_path, "replies.csv, row 2, column 'reply_act_id'", "comes before", **rows)

    def test_a_reply_to_an_act_that_was_done_before_it_was_announced(self, tmp_path: Path) -> None:
        protest = {"act_id": "bel-2020-01-30-protest", "announced_date": "2020-01-30"}
        acts = changed("acts", 2, **protest)
        acts[1] |= {"done_date": "2020-01-29", "done_basis": "official"}
        replies = changed("replies", reply_act_id=protest["act_id"])
        check_references(accepted(tmp_path, acts=acts, replies=replies), ACT_TYPES, HOSTS)

    def test_coverage_of_a_third_side(self, tmp_path: Path) -> None:
        rows = [*GOOD["coverage"], GOOD["coverage"][0] | {"side_code": "LUX"}]
        words = ("ledger_x/coverage.csv, row 4, column 'side_code', value 'LUX'", "FRA, BEL")
        assert_unfit(tmp_path, *words, coverage=rows)


class TestPages:
    def test_a_page_kept_by_its_hash_belongs_to_an_act_or_total_of_the_ledger(self, tmp_path: Path) -> None:
        words = ("ledger_x/pages.csv, row 2, column 'record_id', value 'fra-x'", "does not have")
        assert_unfit(tmp_path, *words, pages=changed("pages", record_id="fra-x"))

    def test_a_page_kept_by_its_hash_is_one_of_its_act(self, tmp_path: Path) -> None:
        words = ("pages.csv, row 3, column 'url', value 'https://example.org/z'", "source_urls")
        assert_unfit(tmp_path, *words, pages=changed("pages", 1, url="https://example.org/z"))

    def test_an_unknown_host_is_named_with_the_nearest(self, tmp_path: Path) -> None:
        acts = changed("acts", 1, source_urls=f"{PAGE} https://www.News.exampel.com./a?b=1")
        words = (
            "ledger_x/acts.csv, row 3, column 'source_urls', value 'news.exampel.com'",
            "hosts.csv does not have",
            "Did you mean 'news.example.com'?",
        )
        assert_unfit(tmp_path, *words, acts=acts)

    @pytest.mark.parametrize("part", ["replies", "disagreements"])
    def test_an_unknown_host_of_another_file(self, part: str, tmp_path: Path) -> None:
        rows = {part: changed(part, source_url="https://elsewhere.example/a")}
        assert_unfit(tmp_path, f"{part}.csv, row 2, column 'source_url', value 'elsewhere.example'", **rows)

    def test_an_act_on_spun_pages_and_forums_alone(self, tmp_path: Path) -> None:
        acts = changed("acts", 1, source_urls="https://spun.example/a http://board.example/b")
        words = ("ledger_x/acts.csv, row 3, column 'source_urls'", "rests on spun pages", "take the act out")
        assert_unfit(tmp_path, *words, acts=acts)

    def test_a_spun_page_beside_another_is_no_fault(self, tmp_path: Path) -> None:
        acts = changed("acts", 1, source_urls=f"https://spun.example/a {PAGE}")
        check_references(accepted(tmp_path, acts=acts), ACT_TYPES, HOSTS)


def two_ledgers(folder: Path, **parts: list[dict[str, str]]) -> dict[str, pl.DataFrame]:
    """The good ledger and another one of which some files are given and the others are empty."""
    first = accepted(folder / "a", source_id="ledger_x")
    empty: dict[str, list[dict[str, str]]] = {part: [] for part in first}
    second = accepted(folder / "b", source_id="ledger_y", **(empty | parts))
    return {part: pl.concat([first[part], second[part]]) for part in first}


def test_an_act_of_two_ledgers_is_named_with_both_files(tmp_path: Path) -> None:
    with pytest.raises(RetorsionError) as error:
        check_references(two_ledgers(tmp_path, acts=[GOOD["acts"][2]]), ACT_TYPES, HOSTS)
    assert str(error.value).startswith(
        f"ledger_y/acts.csv, row 2, column 'act_id', value '{PROTEST['act_id']}': "
        "stands in row 4 of ledger_x/acts.csv too. Keep it in one ledger"
    )


def test_a_ledger_may_answer_an_act_of_another(tmp_path: Path) -> None:
    answer = PROTEST | {"act_id": "bel-2020-03-01-protest", "announced_date": "2020-03-01"}
    link = GOOD["replies"][0] | {"reply_act_id": answer["act_id"]}
    parts = two_ledgers(tmp_path, acts=[answer], replies=[link])
    check_references(parts, ACT_TYPES, HOSTS)
    assert parts["acts"]["source_id"].to_list() == ["ledger_x"] * 3 + ["ledger_y"]


def test_a_main_answer_in_two_ledgers_is_named_with_both_files(tmp_path: Path) -> None:
    again = GOOD["replies"][0] | {"order": "1"}
    with pytest.raises(
        RetorsionError, match=r"ledger_y/replies\.csv, row 2.*Keep all answers of one act in one"
    ):
        check_references(two_ledgers(tmp_path, replies=[again]), ACT_TYPES, HOSTS)
