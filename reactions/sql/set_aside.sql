-- Sets an article aside, so that aggregation leaves it out until `retry_at`: a second after the first failure, then twice
-- as long each time, five minutes at most; where it `is_busy`, for another transaction holds it, two seconds at most.
-- Uses: the key of reactions_setaside. Locks: its row. Returns one row: how many failures there were.
INSERT INTO reactions_setaside AS s (article_id, since, failures, retry_at, error)
VALUES (%(article)s::uuid, clock_timestamp(), 1, clock_timestamp() + interval '1 second', %(error)s::text)
    ON CONFLICT (article_id) DO UPDATE
   SET failures = LEAST(s.failures, 1000000) + 1, error = EXCLUDED.error,
       retry_at = clock_timestamp()
                  + LEAST(CASE WHEN %(is_busy)s::boolean THEN 2 ELSE 300 END, 2 ^ LEAST(s.failures, 10)) * interval '1 second'
RETURNING failures;
