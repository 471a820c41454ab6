-- What a delivery is compared with at gate 1, said once for references and suites. It is what a refresh of the night
-- would read: a batch of rows that were released adds to the delivery they came with, and is none of its own.
create function ops.deliveries(of_source text, of_feed text, as_of date) returns bigint []
language sql stable parallel safe
return (
    select coalesce(array_agg(delivery.batch_id order by delivery.place desc), '{}')
    from (
        select
            coalesce(batch.unchanged_from, batch.batch_id) as batch_id,
            max(
                array[extract(epoch from batch.night)::bigint, coalesce(batch.released_from, batch.batch_id)]
            ) as place
        from ops.batch
        left join ops.batch as parent on batch.released_from = parent.batch_id
        where
            batch.source = of_source and batch.feed = of_feed and batch.night <= as_of
            and batch.verdict in ('green', 'unchanged') and parent.verdict is distinct from 'green'
        group by 1
    ) as delivery
);
comment on function ops.deliveries is 'Batches with the rows of the deliveries of a feed that were accepted for a night or an earlier one: the newest first, by night and then by arrival.';

create function ops.newest_delivery(of_source text, of_feed text, as_of date) returns bigint []
language sql stable parallel safe
return (
    select coalesce(array_agg(batch.batch_id), '{}')
    from ops.batch
    cross join (select (ops.deliveries(of_source, of_feed, as_of))[1] as batch_id) as newest
    where batch.batch_id = newest.batch_id or (batch.released_from = newest.batch_id and batch.verdict = 'green')
);
comment on function ops.newest_delivery is 'Batches with the rows of the newest of ops.deliveries: its own, and what was released from its quarantine.';
