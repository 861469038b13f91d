-- What waits: marks for fold, seconds since the oldest was made (0 where none waits), and articles whose newest version
-- Redis has not been told. Uses: the whole of reactions_mark, which is small while somebody folds, its key, and the
-- partial index reactions_unpublished. Locks nothing.
SELECT (SELECT count(*) FROM reactions_mark),
       COALESCE((SELECT GREATEST(extract(epoch FROM clock_timestamp() - marked_at), 0)::float8
                   FROM reactions_mark ORDER BY id LIMIT 1), 0),
       (SELECT count(*) FROM reactions_tally WHERE version > published_version);
