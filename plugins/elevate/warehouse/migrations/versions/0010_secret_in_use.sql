-- A changed secret is noticed: the warehouse knows which one its keys were made with, not the secret itself.
create table identity.secret_in_use (
    name text primary key,
    fingerprint text not null,
    rotated_at timestamptz
);
alter table identity.secret_in_use owner to elevate_pipeline;
comment on table identity.secret_in_use is 'The secrets that keys of this warehouse were made with, as keyed hashes of a constant.';
comment on column identity.secret_in_use.rotated_at is 'When `elevate rotate-key` last changed it; null where it is the first.';

-- Who opted out is known by a mark of its own: it outlives the research key, which is rotated.
alter table identity.opted_out rename column student_key to mark;
comment on table identity.opted_out is 'Students whose rows are withheld from every later delivery before it is landed.';
comment on column identity.opted_out.mark is 'Keyed hash of the student number under the secret opt_out_key, which is never rotated: the numbers it was made of are gone.';
