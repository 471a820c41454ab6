"""Figures made up for the page: a whole district with a study, and one where only Cohort I has launched."""

import json
from datetime import date
from random import Random

from elevate.reporting.reading import SHOWN, Figures, Publication, Row, Tables
from tests.reporting.programme import programme, public

NIGHT = date(2018, 7, 15)
STUDY = {"study": "AEARCTR-0009097", "roster_version": 2}
OUTCOMES = {
    "map_spring_rit_math": ("Mathematics, MAP spring RIT", "mathematics achievement", "continuous", "RIT points", 15.0),
    "map_spring_rit_reading": ("Reading, MAP spring RIT", "reading achievement", "continuous", "RIT points", 16.0),
    "attendance_rate": ("Attendance rate", "attendance", "continuous", "share of days", 0.06),
    "chronic_absence": ("Chronic absence", "attendance", "binary", "share of students", None),
    "suspended_out_of_school": ("Suspended out of school", "behaviour", "binary", "share of students", None),
    "elementary_on_track": ("On track, elementary", "progress in school", "binary", "share of students", None),
    "freshman_on_track": ("On track, freshmen", "progress in school", "binary", "share of students", None),
    "survey_working_in_teams": ("Working in teams", "competencies", "continuous", "scale points", 0.8),
    "survey_pursuing_goals": ("Pursuing goals", "competencies", "continuous", "scale points", 0.8),
}
UNWANTED = ("chronic_absence", "suspended_out_of_school")
PARTS = {
    "grade_band": ("3-5", "6-8", "9-12"),
    "gender": ("F", "M", "X"),
    "low_income": ("true", "false"),
    "race_ethnicity": ("Asian", "Black", "Hispanic", "Multiracial", "White"),
}
FOLLOW_UPS = ("0", "1")


def district() -> Figures:
    """Everything: rows that are estimable and rows that are not, small cells, long names."""
    rng = Random(9097)
    tables: Tables = {
        "eval_outcome": outcomes(),
        "eval_sample_flow": sample_flow(),
        "eval_attrition": attrition(rng),
        "eval_baseline_equivalence": equivalence(rng),
        "eval_impact": impact(rng),
        "eval_event_study": events(rng),
        "eval_minimum_detectable_effect": detectable(),
        "eval_cost_effectiveness": costs(),
        "eval_restatement": restated(),
        "eval_public_did": public(rng),
        "dim_study": registration(),
        "fct_study_assignment": assignment(),
        **programme(rng, 48),
    }
    return Figures(publication(), tables, descriptions())


def without_study() -> Figures:
    """Eight schools of Cohort I, which were never drawn."""
    empty: Tables = {name.split(".")[1]: [] for name in SHOWN}
    return Figures(
        publication(),
        empty | programme(Random(1), 8) | {"eval_outcome": outcomes()},
        descriptions(),
    )


def publication() -> Publication:
    """The publication of the night."""
    feeds = ({"source": "sis", "feed": "attendance", "data_as_of": "2018-07-15"},)
    feeds += ({"source": "portal", "feed": "sqrp_rating", "data_as_of": None},)
    return Publication(NIGHT, 7, "3f" * 32, feeds)


def descriptions() -> dict[str, str]:
    """Of each table, and of a few columns."""
    words = "**Overview** What it is.\n\n**Grain** One row.\n\n**Business rules**\n- The `first` rule.\n- The second."
    told = {name.split(".")[1]: words for name in SHOWN}
    told["eval_impact.effect_size"] = "Hedges g, or for a binary outcome the Cox index."
    told["eval_impact.placebo_estimate"] = "The same model with the outcome as it was before the launch."
    told["agg_school_term_fidelity.fidelity"] = (
        "Share delivered of what is due and known, each support counting the same."
    )
    return told


def outcomes() -> list[Row]:
    """The dimension of outcomes."""
    return [
        {
            "outcome": name, "position": position, "label": label, "domain": domain, "scale": scale, "unit": unit,
            "is_higher_better": name not in UNWANTED,
            "baseline_outcome": "attendance_rate" if name == "freshman_on_track" else name,
        }
        for position, (name, (label, domain, scale, unit, _)) in enumerate(OUTCOMES.items(), start=1)
    ]  # fmt: skip


def sample_flow() -> list[Row]:
    """Three years; in one fewer than ten students leave at a step, and few high schools have tests."""
    steps = ("randomized", "participating", "enrolled", "tested", "analysed")
    students = {
        ("treatment", 2017): (13010, 12204, 12101, 9120, 8007), ("control", 2017): (12877, 12877, 12871, 7, 5),
        ("treatment", 2018): (13144, 12380, 12260, 9033, 8120), ("control", 2018): (12954, 12954, 12810, 8870, 8004),
    }  # fmt: skip
    return [
        STUDY
        | {"arm": arm, "school_year": year, "step_number": index + 1, "step": step, "as_of_date": f"{year}-06-19"}
        | {"schools": 24 - (index > 0) * (arm == "treatment"), "students": counts[index]}
        for (arm, year), counts in students.items()
        for index, step in enumerate(steps)
    ]


def questions() -> list[Row]:
    """Each outcome at each follow-up."""
    return [
        STUDY | {"sample": "assigned", "outcome": outcome, "follow_up": after}
        for outcome in OUTCOMES
        for after in FOLLOW_UPS
    ]


def attrition(rng: Random) -> list[Row]:
    """Of schools and of students; of one outcome fewer than ten students were lost."""
    rows = []
    for asked in questions():
        for level, size in (("schools", 24), ("students", 6000)):
            lost = (
                [rng.randint(0, 2), rng.randint(0, 2)] if level == "schools" else [rng.randint(400, 2600) for _ in "TC"]
            )
            if level == "students" and asked["outcome"] == "attendance_rate" and asked["follow_up"] == "0":
                lost = [6, 700]
            overall, apart = 100 * sum(lost) / (2 * size), 100 * abs(lost[0] - lost[1]) / size
            rows.append(
                asked
                | {"level": level, "randomized_treatment": size, "analysed_treatment": size - lost[0]}
                | {"randomized_control": size, "analysed_control": size - lost[1]}
                | {"overall": round(overall, 4), "differential": round(apart, 4)}
                | {"cautious": "low" if overall < 20 else "high", "optimistic": "low" if overall < 35 else "high"}
            )
    return rows


def equivalence(rng: Random) -> list[Row]:
    """The outcome's own baseline and four more covariates."""
    rows = []
    for asked in questions():
        own = "attendance_rate" if asked["outcome"] == "freshman_on_track" else asked["outcome"]
        for covariate in (
            f"baseline {own}",
            "is_female",
            "is_low_income",
            "is_english_learner",
            "is_special_education",
        ):
            size = round(rng.gauss(0, 0.09), 6)
            few = covariate == "is_english_learner" and asked["outcome"] == "freshman_on_track"
            verdict = "satisfied" if abs(size) <= 0.05 else "adjust" if abs(size) <= 0.25 else "fails"
            rows.append(
                asked
                | {"covariate": covariate, "domain": OUTCOMES[asked["outcome"]][1], "measure": "hedges_g"}
                | {"n_schools_treatment": 23, "n_schools_control": 24}
                | {"n_students_treatment": 6 if few else 4100, "n_students_control": 4205}
                | {"effect_size": size, "verdict": verdict, "joint_p_value": 0.31, "not_estimable": None}
            )
    return rows


def impact(rng: Random) -> list[Row]:
    """All methods and samples, subgroups of which one is small, and an outcome that is not estimable."""
    rows = []
    for asked in questions():
        rows.append(estimate(rng, asked, sizes=(4100, 4205)))
        rows.append(estimate(rng, asked, method="randomization_inference", sizes=(4100, 4205)))
        rows.append(estimate(rng, asked | {"sample": "enrolled"}, sizes=(4600, 4705)))
        for dimension, parts in PARTS.items():
            for part in parts:
                sizes = (4, 8) if part == "X" else (4100 // len(parts), 4205 // len(parts))
                rows.append(estimate(rng, asked, (dimension, part), sizes=sizes))
    for outcome in OUTCOMES:
        asked = {
            "study": "programme",
            "roster_version": 0,
            "sample": "programme",
            "outcome": outcome,
            "follow_up": "all",
        }
        rows.append(estimate(rng, asked, ("school_category", "ES"), "callaway_santanna", (0, 0)))
    return rows


def estimate(
    rng: Random,
    asked: Row,
    part: tuple[str, str] = ("all", "all"),
    method: str = "clustered_regression",
    sizes: tuple[int, int] = (0, 0),
) -> Row:
    """One row of eval_impact."""
    _, domain, _, _, deviation = OUTCOMES[asked["outcome"]]
    row = asked | {"subgroup_dimension": part[0], "subgroup": part[1], "method": method, "domain": domain}
    row |= {"school_years": "2018", "n_schools_treatment": 23, "n_schools_control": 24}
    row |= {"n_students_treatment": sizes[0], "n_students_control": sizes[1], "placebo_outcome": asked["outcome"]}
    names = """estimate standard_error degrees_of_freedom p_value interval_low interval_high effect_size effect_size_low
        effect_size_high improvement_index standard_deviation mean_control p_value_adjusted is_significant_adjusted
        placebo_estimate placebo_standard_error placebo_p_value lee_low lee_high warning""".split()
    if asked["outcome"] == "survey_pursuing_goals":
        reason = "3 schools answered in the treatment arm; the method needs 5 in each"
        return row | dict.fromkeys(names) | {"not_estimable": reason}
    unit, size, error = deviation or 0.25, rng.gauss(0.05, 0.06), abs(rng.gauss(0.045, 0.01)) + 0.01
    sure = abs(size) > 2.3 * error
    values = (
        size * unit, error * unit, 38.2, 0.004 if sure else 0.31, (size - 2.02 * error) * unit,
        (size + 2.02 * error) * unit, size, size - 2.02 * error, size + 2.02 * error, size * 39, deviation,
        0.2 if deviation is None else 210.4, 0.02 if sure else 0.5, sure, rng.gauss(0, 0.03) * unit, error * unit,
        rng.random(), None, None, "rests on 9 treated schools" if rng.random() < 0.1 else None,
    )  # fmt: skip
    rounded = [round(value, 6) if isinstance(value, float) else value for value in values]
    return row | dict(zip(names, rounded, strict=True)) | {"not_estimable": None}


def events(rng: Random) -> list[Row]:
    """Outcomes by kind of school, by two methods, from three years before the launch to two after."""
    rows = []
    for outcome, category in [(name, kind) for name in list(OUTCOMES)[:4] for kind in ("ES", "HS")]:
        few = category == "HS"
        for method in ("callaway_santanna", "sun_abraham"):
            for time in range(-3, 3):
                value = rng.gauss(0.02 * max(time + 1, 0), 0.02) * (OUTCOMES[outcome][4] or 1)
                error = 0.02 * (OUTCOMES[outcome][4] or 1)
                rows.append(
                    {"outcome": outcome, "school_category": category, "method": method, "cohort": "all"}
                    | {"event_time": time, "is_before_launch": time < 0, "estimate": round(value, 6)}
                    | {"standard_error": round(error, 6), "p_value": 0.4}
                    | {"interval_low": round(value - 2 * error, 6), "interval_high": round(value + 2 * error, 6)}
                    | {"n_schools_treated": 2 if few else 19, "n_schools_comparison": 40, "pretrend_p_value": 0.41}
                    | {"not_estimable": None}
                )
    return rows


def detectable() -> list[Row]:
    """For each question."""
    return [
        asked
        | {"design": "bcra3f2", "schools": 47, "blocks": 6, "icc": 0.18, "r2_schools": 0.7}
        | {"r2_students": 0.5, "degrees_of_freedom": 35.0, "minimum_detectable_effect_size": 0.14}
        | {"minimum_detectable_effect": 2.1, "not_estimable": None}
        for asked in questions()
    ]


def registration() -> list[Row]:
    """The record as it is, and as it was."""
    record = {"study": STUDY["study"], "is_current": True, "title": "Elevate in Chicago", "status": "completed"}
    record |= {"doi": "10.1257/rct.9097", "registered_on": "2016-07-01", "starts_on": "2016-06-10", "ends_on": None}
    record |= {"investigators": "A. Person; B. Person", "unit_of_randomization": "school"}
    record |= {"days_until_registered": 21, "effective_from": "2018-07-15"}
    before = {"is_current": False, "status": "on_going", "effective_from": "2018-07-01"}
    return [record, record | before]


def costs() -> list[Row]:
    """One with an upper end, one without, one of few pupils."""
    asked = [{name: value for name, value in row.items() if name != "sample"} for row in questions()]
    sized = {"gain": 0.1, "gain_low": 0.02, "gain_high": 0.18, "cost_per_pupil_usd": 412.5, "pupils_control": 4205.5}
    price = {"cost_per_tenth_sd_usd": 412.5, "cost_per_tenth_sd_low_usd": 229.17, "reading": "a gain"}
    return [
        asked[0] | sized | price | {"pupils_treatment": 4100.5, "cost_per_tenth_sd_high_usd": 2062.5},
        asked[2] | sized | price | {"pupils_treatment": 4100.5, "cost_per_tenth_sd_high_usd": None},
        asked[4] | sized | price | {"pupils_treatment": 8.0, "cost_per_tenth_sd_high_usd": None},
    ]


def restated() -> list[Row]:
    """An effect that moved, a count and a part that did, one that is not shown, and one that is new."""
    asked = questions()[1] | {"subgroup_dimension": "all", "subgroup": "all", "method": "clustered_regression"}
    girls = asked | {"subgroup_dimension": "gender", "subgroup": "F"}
    few = asked | {"outcome": "survey_pursuing_goals"}
    one = {"table_name": "eval_impact", "kind": "restated", "night_before": "2018-07-14", "night": "2018-07-15"}
    one |= {"batches": "assessment.map_results#4411", "is_explained": True, "explanation": "batches", "change": 0.05}
    moved = {"column_name": "estimate", "value_before": "1.200000", "value_after": "1.250000"}
    counted = {"column_name": "n_students_treatment", "value_before": "8", "value_after": "7", "change": -1.0}
    whole = {"column_name": "*", "kind": "new", "value_before": None, "value_after": '{"n_students_treatment": 7}'}
    rows = [(asked, moved), (asked, counted), (girls, moved), (few, moved), (few, whole)]
    return [one | {"figure": json.dumps(key)} | what for key, what in rows]


def assignment() -> list[Row]:
    """Forty-eight schools in six blocks."""
    return [
        STUDY
        | {"school_id": f"{610000 + index}", "block": f"{'ES' if index < 32 else 'HS'} network {index // 8 + 1}"}
        | {"arm": "treatment" if index % 2 else "control", "randomized_on": "2016-06-10", "participated": index != 3}
        | {"is_current_version": True}
        for index in range(48)
    ]
