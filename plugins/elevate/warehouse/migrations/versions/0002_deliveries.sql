-- A batch knows its content whatever the bytes, what it builds on, and when it became known.
alter table ops.batch add column content_hash text;
alter table ops.batch add column is_full boolean not null default false;
alter table ops.batch add column follows date;
alter table ops.batch add column known_on date;
alter table ops.batch add column source_state jsonb;
alter table ops.batch add column released_from bigint references ops.batch (batch_id);
alter table ops.batch add column rows_purged bigint not null default 0;
update ops.batch set known_on = night;
alter table ops.batch alter column known_on set not null;
comment on column ops.batch.content_identity is 'SHA-256 over the names and bytes of the delivery''s files.';
comment on column ops.batch.content_hash is 'Hash over the delivery''s rows as typed, whatever their order and the form of the files.';
comment on column ops.batch.unchanged_from is 'The green batch that already holds this very content.';
comment on column ops.batch.is_full is 'The delivery held everything that the source had, so what is not in it is gone.';
comment on column ops.batch.follows is 'Of a delta whose source says so: the night of the delivery that it builds on.';
comment on column ops.batch.known_on is 'The latest night of which anything was delivered when this batch arrived: `as known on` that night it counts.';
comment on column ops.batch.source_state is 'Where this pull ended at the source; the next pull begins there once this batch is accepted.';
comment on column ops.batch.released_from is 'The batch whose quarantined rows, or all of whose rows if it was red, a steward released into this one.';
comment on column ops.batch.rows_purged is 'Rows of this batch removed since: a student''s, on request, or by retention.';

alter table ops.refresh_batch add column position bigint not null default 0;
update ops.refresh_batch set position = batch_id;
comment on column ops.refresh_batch.position is 'Order in which the batches of a feed are resolved: the greater one wins.';

create table ops.refresh_feed (
    refresh_id bigint not null references ops.refresh (refresh_id),
    source text not null,
    feed text not null,
    data_as_of date,
    verdict text not null,
    primary key (refresh_id, source, feed)
);
comment on table ops.refresh_feed is 'Which night''s delivery of each feed a refresh of the marts stands on.';
comment on column ops.refresh_feed.data_as_of is 'Night of the newest accepted delivery; null where nothing was ever accepted.';
comment on column ops.refresh_feed.verdict is 'Last word on the feed for the refresh''s own night; `not delivered` where there is none.';

create table ops.decision (
    decision_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batch (batch_id),
    decision text not null check (decision in ('release', 'fix at source', 'discard')),
    reason text not null check (btrim(reason) <> ''),
    decided_by text not null,
    decided_at timestamptz not null default now(),
    waived_rules text [] not null default '{}',
    release_batch_id bigint references ops.batch (batch_id)
);
create index on ops.decision (batch_id);
comment on table ops.decision is 'What a steward decided on a red batch or on quarantined rows: who, when, why.';
comment on column ops.decision.waived_rules is 'Rules that the released rows may break; all others hold for them as for any.';

create table ops.purge (
    purge_id bigint generated always as identity primary key,
    kind text not null check (kind in ('erasure', 'opt-out', 'retention')),
    night date,
    reason text not null,
    requested_by text not null,
    purged_at timestamptz not null default now(),
    removed jsonb not null
);
comment on table ops.purge is 'Receipts of removals: how much went from where and why, never whose it was.';
comment on column ops.purge.removed is 'Place (such as raw.sis__students) to the number of rows or files removed there.';

create table identity.opted_out (
    student_key text primary key,
    opted_out_at timestamptz not null default now()
);
alter table identity.opted_out owner to elevate_pipeline;
comment on table identity.opted_out is 'Research keys whose rows are withheld from every later delivery before it is landed.';

-- Readers see how old each feed in their tables is.
create view ops.data_as_of_feed as
select
    refresh_feed.source,
    refresh_feed.feed,
    refresh_feed.data_as_of,
    publication.night as published_night,
    refresh_feed.data_as_of is distinct from publication.night as is_older
from ops.refresh_feed
inner join
    (select distinct on (kind) * from ops.publication where kind = 'marts' order by kind, publication_id desc)
    as publication using (refresh_id);
comment on view ops.data_as_of_feed is 'For each feed: the night of the newest delivery behind the published marts, and whether that is older than the publication''s own night.';

grant select, insert, update on ops.refresh_feed, ops.decision, ops.purge to elevate_pipeline;
grant select on ops.refresh_feed, ops.decision, ops.purge, ops.data_as_of_feed to elevate_steward;
grant select on ops.data_as_of_feed to analyst, bi_reader, elevate_pipeline;
