-- What tonight's candidate shows of each cell of the BI tables; see elevate.disclosure.
create table intermediate.bi_cell_shown (
    refresh_id bigint not null,
    level text not null,
    unit text not null,
    school_year integer not null,
    outcome text not null,
    grade_band text not null,
    subgroup_dimension text not null,
    subgroup text not null,
    shows text not null check (shows in ('everything', 'size', 'nothing')),
    mean_lower numeric(6, 4),
    mean_upper numeric(6, 4)
);
alter table intermediate.bi_cell_shown owner to elevate_pipeline;
comment on table intermediate.bi_cell_shown is 'What the candidate''s BI tables show of each cell. A cell without a row here, or with one of another refresh, shows nothing.';
comment on column intermediate.bi_cell_shown.shows is 'everything; size: how many pupils, and a range at most of what they did; nothing.';

create table ops.withheld_cell (
    refresh_id bigint not null references ops.refresh (refresh_id),
    level text not null,
    unit text not null,
    school_year integer not null,
    outcome text not null,
    grade_band text not null,
    subgroup_dimension text not null,
    subgroup text not null,
    shows text not null check (shows in ('everything', 'size', 'nothing')),
    n_students integer not null,
    numerator numeric(16, 2),
    denominator numeric(16, 2),
    primary key (refresh_id, level, unit, school_year, outcome, grade_band, subgroup_dimension, subgroup)
);
comment on table ops.withheld_cell is 'What of the BI tables was withheld: each refresh''s changes against the publication before it. What was withheld stays so while its figures are the same. Holds small cells: steward and pipeline only.';
comment on column ops.withheld_cell.shows is 'size or nothing: withheld since this refresh, or with these figures since; everything: shown again.';
comment on column ops.withheld_cell.numerator is 'With size: the figures that are withheld. With nothing null, n_students alone counts.';
grant select, insert, update on ops.withheld_cell to elevate_pipeline;
grant select on ops.withheld_cell to elevate_steward;
