"""Figures made up of the programme: what schools received, how far it has come, and its public files."""

from random import Random

from elevate.reporting.reading import Row, Tables


def public(rng: Random) -> list[Row]:
    """Cohort I in three metrics; two high schools alone."""
    rows = []
    for metric, category in (("attendance_pr", "ES"), ("attain28_read", "ES"), ("fot", "HS")):
        for years, kind in (("2017", "partial"), ("2018", "main"), ("2016", "placebo")):
            few = category == "HS"
            rows.append(
                {"cohort": "I", "category": category, "metric": metric, "pre_years": "2015 2016", "post_years": years}
                | {"kind": kind, "n_treated": 2 if few else 6, "n_comparison": 380, "did": round(rng.gauss(1, 1), 6)}
                | {"standard_error": 0.9, "placebo_metric": metric, "placebo_did": round(rng.gauss(0, 1), 6)}
                | {"placebo_standard_error": 0.8}
                | {"warning": "n = 2: the standard error rests on two treated schools" if few else None}
            )
    return rows


def programme(rng: Random, schools: int) -> Tables:
    """Reach, cohorts, schools and their fidelity, some of it unknown."""
    ids = [f"{610000 + index}" for index in range(schools)]
    fidelity = []
    for school in ids:
        for year, term in ((2017, "S1"), (2017, "S2"), (2018, "S1"), (2018, "S2"), (2019, "S1")):
            share = None if rng.random() < 0.05 else round(rng.uniform(0.3, 1), 4)
            spread = 0.2 if rng.random() < 0.2 else 0.0
            fidelity.append(
                {"school_id": school, "school_year": year, "term": term, "fidelity": share}
                | {"fidelity_at_least": 0.0 if share is None else share, "is_term_over": year < 2019}
                | {"fidelity_at_most": 1.0 if share is None else round(min(share + spread, 1.0), 4)}
            )
    return {
        "agg_school_term_fidelity": fidelity,
        "dim_school": [
            {"school_id": school, "short_name": name(index), "is_current": True} for index, school in enumerate(ids)
        ],
        "dim_programme_cohort": [
            {"cohort": "I", "launch_date": "2016-11-01", "schools_joined": 8, "schools_active": 7},
        ],
        "agg_programme_reach": [
            {"school_year": year, "school_year_label": f"SY{year - 2001}-{year - 2000}", "as_of_date": f"{year}-06-19"}
            | {"schools_reached": reached, "schools_active": reached - 1, "schools_planning": reached // 3}
            | {"schools_piloting": reached // 3, "schools_implementing": reached - 1 - 2 * (reached // 3)}
            | {"target_schools": 150, "target_date": "2021-12-31"}
            for year, reached in ((2017, 8), (2018, 20), (2019, 44))
        ],
    }


def name(index: int) -> str:
    """Names of schools, one of them longer than its place."""
    return (
        "Dr. Martin Luther King Jr. College Preparatory Academy of Social Justice" if index == 5 else f"School {index}"
    )
