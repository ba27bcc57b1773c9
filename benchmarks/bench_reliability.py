"""Size of the test of a link and coverage of its interval, in records drawn from the model fitted to a case.

Run: ``python benchmarks/bench_reliability.py [CASE] [--records 1000] [--effect 1.5]``. Prints one line for each
direction and set of covariates left out: the share of records without the link in which the bootstrap test at 5 %
finds one, and the share of records with it in which the 95 % profile interval holds it. ``--effect`` sets the response
of both sides to the calendars (on the logarithmic scale) above what was fitted. docs/reliability.md has the results.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from retorsion.escalation.excitation import daily_data, fit_variant, variant_model
from retorsion.escalation.record import make_record
from retorsion.estimators.daily_tests import reliability
from retorsion.project import case, load, parameters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?")
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--ratio", type=float, default=0.25)
    parser.add_argument("--effect", type=float)
    given = parser.parse_args()
    acts, replies, events, types = map(load, ("acts", "replies", "context_events", "act_types"))
    record = make_record(acts, replies, events, types, case=case(given.case), params=parameters())
    data = daily_data(record)
    fit = fit_variant(record, data, variant_model(record, record.asked.variants[record.asked.with_driver]))
    names = fit.model.covariates
    calendars = [name for name in names if record.asked.drivers[name].calendars]
    if given.effect is not None:
        effects = fit.parameters.effects.copy()
        for name in calendars:
            effects[:, 1 + names.index(name)] = given.effect
        fit = replace(fit, parameters=replace(fit.parameters, effects=effects))
    print(
        "dispersion",
        fit.parameters.dispersion.round(2),
        "half-lives",
        fit.parameters.half_life_days[:, 0].round(2),
    )
    for omitted in ([], calendars):
        for place, (source, receiver) in enumerate((record.pair[::-1], record.pair)):
            found = reliability(
                data,
                fit,
                source=source,
                receiver=receiver,
                ratio=given.ratio,
                n_records=given.records,
                rng=np.random.default_rng([7, place]),
                omitted=omitted,
            )
            print(
                f"{source}->{receiver}, without {' and '.join(omitted) or 'nothing'}: size {found.size:.3f} "
                f"({found.size_lower:.3f} to {found.size_upper:.3f}), coverage {found.coverage:.3f} "
                f"({found.coverage_lower:.3f} to {found.coverage_upper:.3f}), {found.n} records",
                flush=True,
            )


if __name__ == "__main__":
    main()
