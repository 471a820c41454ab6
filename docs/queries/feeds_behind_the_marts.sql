-- Which night's delivery of each feed stands behind the tables that I read?
-- Asked by: whoever quotes a figure.
-- Read: a feed that is older than the publication was late or missing, and its last good delivery was used.
-- Columns: source, feed, data_as_of, published_night, is_older
select
    source,
    feed,
    data_as_of,
    published_night,
    is_older
from ops.data_as_of_feed
order by is_older desc, source, feed;
