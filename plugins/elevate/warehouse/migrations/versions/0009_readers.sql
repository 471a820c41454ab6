-- How many rows of each mart a night has changed is told to nobody who reads aggregates alone: one
-- more incident in a school year is one pupil's.
revoke select on ops.publication_change from bi_reader;

alter role elevate_steward connection limit 10;
