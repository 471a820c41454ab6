-- Readers of one network see its schools alone, and BI's tables alone; see docs/decisions/0008.
-- A group without a login: each person has a login of their own in it, made by the administrator.
do $$
begin
    create role network_reader nologin nosuperuser nocreatedb nocreaterole;
exception when duplicate_object or unique_violation then
    null;
end $$;
do $$
begin
    execute format('grant connect on database %I to network_reader', current_database());
end $$;
grant usage on schema bi, ops to network_reader;
grant select on ops.data_as_of, ops.data_as_of_feed to network_reader;

create table ops.reader_network (
    login text not null,
    network text not null,
    granted_by text not null default current_user,
    granted_at timestamptz not null default now(),
    primary key (login, network)
);
comment on table ops.reader_network is 'Whose schools a member of network_reader sees: the networks of each login. The administrator writes it.';
comment on column ops.reader_network.network is 'As in marts.dim_school.network.';
grant select on ops.reader_network to elevate_pipeline, elevate_steward;

-- With the pipeline's rights, since readers see neither table. By the login that connected, so
-- that no change of role within a session shows more.
create function ops.schools_of_reader() returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select school.school_id
    from marts.dim_school as school
    inner join ops.reader_network as granted on school.network = granted.network
    where school.is_current and granted.login = session_user;
end $$;
comment on function ops.schools_of_reader() is 'Schools that are in a network of the login tonight.';
grant create on schema ops to elevate_pipeline;
alter function ops.schools_of_reader() owner to elevate_pipeline;
revoke create on schema ops from elevate_pipeline;
revoke execute on function ops.schools_of_reader() from public;
grant execute on function ops.schools_of_reader() to network_reader;

-- The administrator takes advisory locks and large objects from everybody; the pipeline keeps this one.
grant execute on function pg_advisory_xact_lock(bigint) to elevate_pipeline;

-- Readers see what the publication that they read has changed.
create view ops.publication_change as
select
    publication.kind,
    publication.night,
    publication.published_at,
    changed.table_schema,
    changed.table_name,
    changed.rows,
    changed.rows_added,
    changed.rows_removed
from (select distinct on (kind) * from ops.publication order by kind, publication_id desc) as publication
inner join ops.publication_table as changed using (publication_id);
comment on view ops.publication_change is 'What the newest publication of each kind changed, table by table. A changed row counts as removed and added.';
grant select on ops.publication_change to analyst, bi_reader, elevate_steward, elevate_pipeline;
