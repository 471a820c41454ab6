"""The rows that the estimation writes, one class for each working table; fields are its columns, in order."""

from dataclasses import dataclass

PROGRAMME = "programme"
"""As `study`: all launched schools against schools that were never in the programme, without a draw."""


@dataclass(frozen=True)
class Question:
    """What an estimate answers: of which sample, which outcome, how long after the launch.

    `follow_up` is the number of school years since that of the launch, or `all` for an average over them.
    """

    study: str
    roster_version: int
    sample: str
    outcome: str
    follow_up: str


@dataclass(frozen=True)
class Sizes:
    """Who a comparison rests on."""

    n_schools_treatment: int
    n_schools_control: int
    n_students_treatment: int
    n_students_control: int


@dataclass(frozen=True)
class Placebo:
    """The same model where there can be no effect: with what was measured before the launch as its outcome."""

    placebo_outcome: str | None = None
    placebo_estimate: float | None = None
    placebo_standard_error: float | None = None
    placebo_p_value: float | None = None


@dataclass(frozen=True)
class Estimate:
    """An effect with its inference, in the outcome's units. `not_estimable` says why there is none."""

    estimate: float | None = None
    standard_error: float | None = None
    degrees_of_freedom: float | None = None
    p_value: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    not_estimable: str | None = None
    warning: str | None = None


@dataclass(frozen=True)
class Size:
    """The effect in standard deviations, by the formulas of the What Works Clearinghouse."""

    standard_deviation: float | None = None
    mean_control: float | None = None
    effect_size: float | None = None
    effect_size_low: float | None = None
    effect_size_high: float | None = None
    improvement_index: float | None = None


@dataclass(frozen=True)
class Impact:
    """A row of `intermediate.estimate_impact`; its parts' fields are its columns."""

    question: Question
    subgroup_dimension: str
    subgroup: str
    method: str
    school_years: str
    estimate: Estimate
    size: Size
    sizes: Sizes
    placebo: Placebo
    p_value_adjusted: float | None = None
    is_significant_adjusted: bool | None = None
    lee_low: float | None = None
    lee_high: float | None = None


@dataclass(frozen=True)
class Event:
    """A row of `intermediate.estimate_event_study`; `cohort` is `all` or one of them."""

    outcome: str
    school_category: str
    method: str
    cohort: str
    event_time: int
    is_before_launch: bool
    estimate: Estimate
    n_schools_treated: int
    n_schools_comparison: int
    pretrend_p_value: float | None


@dataclass(frozen=True)
class Equivalence:
    """A row of `intermediate.estimate_equivalence`: one covariate of one analytic sample."""

    question: Question
    covariate: str
    measure: str
    mean_treatment: float
    mean_control: float
    standard_deviation: float | None
    difference: float | None
    effect_size: float | None
    verdict: str | None
    joint_p_value: float | None
    not_estimable: str | None
    sizes: Sizes


@dataclass(frozen=True)
class Lost:
    """A row of `intermediate.estimate_attrition`."""

    question: Question
    level: str
    randomized_treatment: int
    analysed_treatment: int
    randomized_control: int
    analysed_control: int
    overall: float | None
    differential: float | None
    cautious: str | None
    optimistic: str | None


@dataclass(frozen=True)
class Power:
    """A row of `intermediate.estimate_detectable`."""

    question: Question
    design: str
    schools: int
    blocks: int
    students_per_school: float | None = None
    share_treated: float | None = None
    icc: float | None = None
    r2_schools: float | None = None
    r2_students: float | None = None
    degrees_of_freedom: float | None = None
    minimum_detectable_effect_size: float | None = None
    minimum_detectable_effect: float | None = None
    not_estimable: str | None = None
