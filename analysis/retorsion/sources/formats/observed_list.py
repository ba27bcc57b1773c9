"""Record of the vintages of a list: since when each designation is seen (:mod:`retorsion.sources.vintages`)."""

from __future__ import annotations

from retorsion.sources.text.recorded import RecordedLayout, day, given

LAYOUT = RecordedLayout(
    (
        "list_number",
        "programme",
        "subject_type",
        "subject_name",
        "subject_country",
        "country_codes",
        "announced_date",
        "effective_date",
        "last_absent_date",
        "first_observed_date",
        "last_observed_date",
        "absent_by_date",
    ),
    (
        given("list_number"),
        given("programme"),
        *(
            day(name, optional=True)
            for name in ("announced_date", "effective_date", "last_absent_date", "absent_by_date")
        ),
        *(day(name) for name in ("first_observed_date", "last_observed_date")),
    ),
    {
        name: lambda c: c.str.to_date("%Y-%m-%d")
        for name in (
            "announced_date",
            "effective_date",
            "last_absent_date",
            "first_observed_date",
            "last_observed_date",
            "absent_by_date",
        )
    },
)
