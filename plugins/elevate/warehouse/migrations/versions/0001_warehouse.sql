-- Roles. Passwords are set by `migrate`, never here. Roles are shared by all
-- databases of a server, so each may exist already.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['elevate_pipeline', 'elevate_steward', 'analyst', 'bi_reader'] loop
        begin
            execute format('create role %I nosuperuser nocreatedb nocreaterole', role_name);
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
    -- Ownership is handed to the pipeline below, which needs membership.
    if not pg_has_role(current_user, 'elevate_pipeline', 'member') then
        execute format('grant elevate_pipeline to %I', current_user);
    end if;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to elevate_pipeline, elevate_steward, analyst, bi_reader', current_database());
    execute format('grant temporary on database %I to elevate_pipeline', current_database());
    execute format('grant create on database %I to elevate_pipeline', current_database());
end $$;
revoke all on schema public from public;

alter role analyst connection limit 40;
alter role analyst set default_transaction_read_only = on;
alter role analyst set statement_timeout = '5min';
alter role analyst set idle_in_transaction_session_timeout = '10min';
alter role analyst set search_path = marts, evaluation, bi, ops;
alter role bi_reader connection limit 40;
alter role bi_reader set default_transaction_read_only = on;
alter role bi_reader set statement_timeout = '1min';
alter role bi_reader set idle_in_transaction_session_timeout = '2min';
alter role bi_reader set search_path = bi, ops;
alter role elevate_steward set statement_timeout = '5min';

-- Schemas of the pipeline: what a person may read of them is granted below.
create schema raw authorization elevate_pipeline;
create schema incoming authorization elevate_pipeline;
create schema quarantine authorization elevate_pipeline;
create schema identity authorization elevate_pipeline;
create schema staging authorization elevate_pipeline;
create schema intermediate authorization elevate_pipeline;
create schema candidate_marts authorization elevate_pipeline;
create schema candidate_bi authorization elevate_pipeline;
create schema candidate_evaluation authorization elevate_pipeline;
create schema marts authorization elevate_pipeline;
create schema bi authorization elevate_pipeline;
create schema evaluation authorization elevate_pipeline;
create schema ops;

comment on schema raw is 'Accepted rows of every batch, append-only. Holds personal data: pipeline only.';
comment on schema incoming is 'Batches between load and gate 1.';
comment on schema quarantine is 'Rows and whole batches that gate 1 refused. Holds personal data: pipeline and steward only.';
comment on schema identity is 'District student numbers and their research keys: pipeline only.';
comment on schema staging is 'Cleaned feeds, as pinned by the running refresh.';
comment on schema intermediate is 'Steps between staging and marts.';
comment on schema candidate_marts is 'Marts of the running refresh, before gate 2.';
comment on schema candidate_bi is 'BI aggregates of the running refresh, before gate 2.';
comment on schema candidate_evaluation is 'Evaluation marts of the running refresh, before gate 3.';
comment on schema marts is 'Published marts for analysts: research keys, never names or district student numbers.';
comment on schema bi is 'Published aggregates for BI tools, small cells suppressed.';
comment on schema evaluation is 'Published evaluation marts.';
comment on schema ops is 'Deliveries, batches, gate results, refreshes and publications.';

grant usage on schema marts, evaluation, bi, ops to analyst;
grant usage on schema bi, ops to bi_reader;
grant usage on schema marts, evaluation, bi, ops, quarantine to elevate_steward;
alter default privileges for role elevate_pipeline in schema marts grant select on tables to analyst, elevate_steward;
alter default privileges for role elevate_pipeline in schema evaluation grant select on tables to analyst, elevate_steward;
alter default privileges for role elevate_pipeline in schema bi grant select on tables to analyst, bi_reader, elevate_steward;
alter default privileges for role elevate_pipeline in schema quarantine grant select on tables to elevate_steward;

create table identity.student_key (
    student_id text primary key,
    student_key text not null unique
);
alter table identity.student_key owner to elevate_pipeline;
comment on table identity.student_key is 'District student number to research key (HMAC-SHA-256, key outside the warehouse).';

-- Operations: the pipeline adds and closes rows here, it never deletes any.
create table ops.batch (
    batch_id bigint generated always as identity primary key,
    source text not null,
    feed text not null,
    night date not null,
    run text not null,
    contract_version text not null,
    content_identity text,
    verdict text not null default 'open'
        check (verdict in ('open', 'loaded', 'green', 'red', 'missing', 'unchanged', 'abandoned')),
    unchanged_from bigint references ops.batch (batch_id),
    rows_in bigint not null default 0,
    rows_accepted bigint not null default 0,
    rows_quarantined bigint not null default 0,
    message text,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    constraint rows_balance check (
        verdict not in ('green', 'red') or rows_in = rows_accepted + rows_quarantined
    ),
    constraint red_accepts_nothing check (verdict = 'green' or rows_accepted = 0),
    constraint unchanged_names_its_batch check ((verdict = 'unchanged') = (unchanged_from is not null))
);
create index on ops.batch (source, feed, night);
comment on table ops.batch is 'One delivery of one feed for one night, from landing to its verdict. The ledger of rows: in = accepted + quarantined.';
comment on column ops.batch.run is 'Airflow run that opened the batch.';
comment on column ops.batch.content_identity is 'SHA-256 over the file names and contents of the delivery.';
comment on column ops.batch.unchanged_from is 'The green batch of the same night that already holds this very content.';

create table ops.delivery (
    delivery_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batch (batch_id),
    file text not null,
    landed_at_path text not null,
    sha256 text not null,
    bytes bigint not null,
    columns text [],
    extra_columns text [],
    rows bigint,
    landed_at timestamptz not null default now(),
    unique (batch_id, file)
);
comment on table ops.delivery is 'Each file of a batch as it was landed.';
comment on column ops.delivery.landed_at_path is 'Path below the landing folder.';
comment on column ops.delivery.extra_columns is 'Columns that the contract does not name; their values are kept in raw (_extra).';

create table ops.refresh (
    refresh_id bigint generated always as identity primary key,
    kind text not null check (kind in ('marts', 'evaluation')),
    night date not null,
    run text not null,
    marts_refresh_id bigint references ops.refresh (refresh_id),
    verdict text not null default 'open' check (verdict in ('open', 'published', 'red', 'abandoned')),
    message text,
    opened_at timestamptz not null default now(),
    closed_at timestamptz
);
comment on table ops.refresh is 'One build of the marts or of the evaluation marts into a candidate.';

create table ops.refresh_batch (
    refresh_id bigint not null references ops.refresh (refresh_id),
    batch_id bigint not null references ops.batch (batch_id),
    primary key (refresh_id, batch_id)
);
comment on column ops.refresh.marts_refresh_id is 'Of an evaluation: the refresh that made the marts it reads.';
comment on table ops.refresh_batch is 'The batches that a refresh of the marts was built from. Earlier rosters of sis.schools are read too, for the dates of what changed.';

create table ops.gate_result (
    gate_result_id bigint generated always as identity primary key,
    gate smallint not null check (gate in (1, 2, 3)),
    batch_id bigint references ops.batch (batch_id),
    refresh_id bigint references ops.refresh (refresh_id),
    suite text not null,
    rule text not null,
    severity text not null check (severity in ('critical', 'warning', 'row')),
    verdict text not null check (verdict in ('pass', 'fail', 'error', 'not applicable')),
    rows_checked bigint,
    rows_failing bigint,
    message text,
    checked_at timestamptz not null default now(),
    check ((batch_id is null) != (refresh_id is null))
);
create index on ops.gate_result (batch_id);
create index on ops.gate_result (refresh_id);
comment on table ops.gate_result is 'Each rule that a gate evaluated: counts and verdicts, never values.';
comment on column ops.gate_result.severity is 'critical: a failure makes the gate red. warning: it is recorded. row: failing rows are quarantined, red above the feed''s tolerance. An error is red whatever the severity.';

create table ops.publication (
    publication_id bigint generated always as identity primary key,
    refresh_id bigint not null unique references ops.refresh (refresh_id),
    kind text not null check (kind in ('marts', 'evaluation')),
    night date not null,
    content_hash text not null,
    published_at timestamptz not null default now()
);
comment on table ops.publication is 'Each time that readers were given a new state. The newest of a kind is what they see.';
comment on column ops.publication.content_hash is 'Hash over the contents of all published tables of this kind: equal hashes, equal tables.';

create table ops.publication_table (
    publication_id bigint not null references ops.publication (publication_id),
    table_schema text not null,
    table_name text not null,
    rows bigint not null,
    rows_added bigint not null,
    rows_removed bigint not null,
    content_hash text not null,
    primary key (publication_id, table_schema, table_name)
);
comment on table ops.publication_table is 'What a publication changed, table by table. A changed row counts as removed and added.';

create table ops.alert (
    alert_id bigint generated always as identity primary key,
    dag text not null,
    task text,
    run text,
    night date,
    message text not null,
    raised_at timestamptz not null default now()
);
comment on table ops.alert is 'What was told to the person on call.';

create table quarantine.rejected_row (
    batch_id bigint not null,
    file text not null,
    line bigint not null,
    column_name text not null,
    rule text not null,
    reason text not null,
    row_as_it_came jsonb not null
);
alter table quarantine.rejected_row owner to elevate_pipeline;
create index on quarantine.rejected_row (batch_id);
comment on table quarantine.rejected_row is 'Rows that gate 1 refused: where they stood, which rule they broke, and the row as it came.';
comment on column quarantine.rejected_row.line is 'Record number in the file, the header being 1.';

-- The newest publication of each kind, for every reader.
create view ops.data_as_of as
select distinct on (kind)
    kind,
    night as data_as_of,
    published_at,
    publication_id,
    content_hash
from ops.publication
order by kind, publication_id desc;
comment on view ops.data_as_of is 'Which night the tables that you see stand for, and since when.';

grant usage on schema ops to elevate_pipeline;
grant select, insert, update on all tables in schema ops to elevate_pipeline;
grant maintain on ops.refresh_batch to elevate_pipeline;
grant select on ops.data_as_of to analyst, bi_reader;
grant select on all tables in schema ops to elevate_steward;
grant select on quarantine.rejected_row to elevate_steward;
