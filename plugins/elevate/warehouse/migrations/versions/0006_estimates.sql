-- What tonight's estimation found, read by the models of the evaluation's results; see elevate.estimating.
create table intermediate.estimate_impact (
    refresh_id bigint not null,
    study text not null,
    roster_version integer not null,
    sample text not null,
    outcome text not null,
    follow_up text not null,
    subgroup_dimension text not null,
    subgroup text not null,
    method text not null,
    school_years text not null,
    estimate double precision,
    standard_error double precision,
    degrees_of_freedom double precision,
    p_value double precision,
    interval_low double precision,
    interval_high double precision,
    not_estimable text,
    warning text,
    standard_deviation double precision,
    mean_control double precision,
    effect_size double precision,
    effect_size_low double precision,
    effect_size_high double precision,
    improvement_index double precision,
    n_schools_treatment integer not null,
    n_schools_control integer not null,
    n_students_treatment integer not null,
    n_students_control integer not null,
    placebo_outcome text,
    placebo_estimate double precision,
    placebo_standard_error double precision,
    placebo_p_value double precision,
    p_value_adjusted double precision,
    is_significant_adjusted boolean,
    lee_low double precision,
    lee_high double precision
);
alter table intermediate.estimate_impact owner to elevate_pipeline;
comment on table intermediate.estimate_impact is 'Effects on outcomes, for eval_impact.';

create table intermediate.estimate_event_study (
    refresh_id bigint not null,
    outcome text not null,
    school_category text not null,
    method text not null,
    cohort text not null,
    event_time integer not null,
    is_before_launch boolean not null,
    estimate double precision,
    standard_error double precision,
    degrees_of_freedom double precision,
    p_value double precision,
    interval_low double precision,
    interval_high double precision,
    not_estimable text,
    warning text,
    n_schools_treated integer not null,
    n_schools_comparison integer not null,
    pretrend_p_value double precision
);
alter table intermediate.estimate_event_study owner to elevate_pipeline;
comment on table intermediate.estimate_event_study is 'Effects by years since launch, for eval_event_study.';

create table intermediate.estimate_equivalence (
    refresh_id bigint not null,
    study text not null,
    roster_version integer not null,
    sample text not null,
    outcome text not null,
    follow_up text not null,
    covariate text not null,
    measure text not null,
    mean_treatment double precision,
    mean_control double precision,
    standard_deviation double precision,
    difference double precision,
    effect_size double precision,
    verdict text,
    joint_p_value double precision,
    not_estimable text,
    n_schools_treatment integer not null,
    n_schools_control integer not null,
    n_students_treatment integer not null,
    n_students_control integer not null
);
alter table intermediate.estimate_equivalence owner to elevate_pipeline;
comment on table intermediate.estimate_equivalence is 'Differences of the arms before the launch, for eval_baseline_equivalence.';

create table intermediate.estimate_attrition (
    refresh_id bigint not null,
    study text not null,
    roster_version integer not null,
    sample text not null,
    outcome text not null,
    follow_up text not null,
    level text not null,
    randomized_treatment integer not null,
    analysed_treatment integer not null,
    randomized_control integer not null,
    analysed_control integer not null,
    overall double precision,
    differential double precision,
    cautious text,
    optimistic text
);
alter table intermediate.estimate_attrition owner to elevate_pipeline;
comment on table intermediate.estimate_attrition is 'What was lost of the randomized, for eval_attrition.';

create table intermediate.estimate_detectable (
    refresh_id bigint not null,
    study text not null,
    roster_version integer not null,
    sample text not null,
    outcome text not null,
    follow_up text not null,
    design text not null,
    schools integer not null,
    blocks integer not null,
    students_per_school double precision,
    share_treated double precision,
    icc double precision,
    r2_schools double precision,
    r2_students double precision,
    degrees_of_freedom double precision,
    minimum_detectable_effect_size double precision,
    minimum_detectable_effect double precision,
    not_estimable text
);
alter table intermediate.estimate_detectable owner to elevate_pipeline;
comment on table intermediate.estimate_detectable is 'Effects that the samples could have found, for eval_minimum_detectable_effect.';
