-- What a table that is rebuilt by school year was built from; see by_school_year.sql among the macros.
create table intermediate.built_school_year (
    model text not null,
    schema_name text not null,
    code text not null,
    school_year integer,
    inputs text,
    unique nulls not distinct (model, school_year)
);
alter table intermediate.built_school_year owner to elevate_pipeline;
comment on table intermediate.built_school_year is 'Of each table that is rebuilt by school year, what each year was last built from.';
comment on column intermediate.built_school_year.code is 'Hash of the models'' code; a table of other code is built anew.';
comment on column intermediate.built_school_year.school_year is 'School year, as its ending year; null: the table itself.';
comment on column intermediate.built_school_year.inputs is 'Hash of the batches that hold rows of the year, and of the night where the year is not over.';
