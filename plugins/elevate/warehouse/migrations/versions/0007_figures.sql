-- Published figures of the evaluation as each publication left them; see elevate.figures.
create table ops.figure (
    table_name text not null,
    figure jsonb not null,
    content jsonb not null,
    from_publication bigint not null references ops.publication (publication_id),
    to_publication bigint references ops.publication (publication_id),
    primary key (table_name, figure, from_publication),
    check (to_publication > from_publication)
);
create index on ops.figure (table_name, figure) where to_publication is null;
comment on table ops.figure is 'Every row of the published evaluation, aggregates alone, from the publication that brought it to the one that changed or withdrew it. No row of a student is ever in it.';
comment on column ops.figure.table_name is 'Table of schema evaluation.';
comment on column ops.figure.figure is 'Which figure: the columns of the table''s key.';
comment on column ops.figure.content is 'The row, but for its night, which is that of each publication.';
comment on column ops.figure.to_publication is 'First publication without this row; null while it is served.';
grant select, insert, update on ops.figure to elevate_pipeline;
grant select on ops.figure to elevate_steward;

create view ops.figure_history as
select
    figure.table_name,
    figure.figure,
    figure.content,
    figure.from_publication,
    first.night as from_night,
    figure.to_publication,
    last.night as to_night
from ops.figure
inner join ops.publication as first on first.publication_id = figure.from_publication
left join ops.publication as last on last.publication_id = figure.to_publication;
comment on view ops.figure_history is 'Every published figure of the evaluation, with the publications and nights between which it was served.';
grant select on ops.figure_history to analyst, elevate_steward, elevate_pipeline;

-- A reviewer goes from a figure to the batches and the files behind it.
create view ops.published_file as
select
    publication.publication_id,
    publication.kind,
    publication.night,
    batch.batch_id,
    batch.source,
    batch.feed,
    batch.night as batch_night,
    batch.rows_in,
    batch.rows_accepted,
    batch.rows_quarantined,
    delivery.file,
    delivery.sha256,
    delivery.bytes,
    delivery.landed_at_path,
    delivery.landed_at
from ops.publication
inner join ops.refresh using (refresh_id)
inner join ops.refresh_batch as pin on pin.refresh_id = coalesce(refresh.marts_refresh_id, refresh.refresh_id)
inner join ops.batch on batch.batch_id = pin.batch_id
left join ops.delivery on delivery.batch_id = batch.batch_id;
comment on view ops.published_file is 'The batches that each publication was built from, and their files as they were landed.';
grant select on ops.published_file to analyst, elevate_steward, elevate_pipeline;

alter table ops.refresh add column code text;
comment on column ops.refresh.code is 'Fingerprint of what the figures depend on beside the batches: models, contracts, estimation, and the versions of libraries. Equal fingerprints, equal code.';
