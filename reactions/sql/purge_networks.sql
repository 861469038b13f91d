-- Deletes what tells one network from another: salts of days before yesterday, rates of two days ago, the hashes stored
-- with waves. After it no hash leads to its network. Closes waves that nothing joined for an hour.
-- Reads those tables as a whole, twice an hour. Locks: the rows that it deletes; then the waves that it
-- changes, in key order, as shrink_waves.sql does.
-- Returns one row: how many rates of networks were deleted.
WITH salts AS (
  DELETE FROM reactions_salt WHERE day < (now() AT TIME ZONE 'UTC')::date - 1
), networks AS (
  DELETE FROM reactions_networkrate
   WHERE hour_started_at < now() - interval '47 hours' AND minute < now() - interval '47 hours' RETURNING 1
), articles AS (
  DELETE FROM reactions_articlerate WHERE minute < now() - interval '47 hours'
), old_wave AS MATERIALIZED (
  SELECT id FROM reactions_wave
   WHERE (is_open AND last_at <= now() - interval '1 hour')
      OR (networks <> '{}' AND started_at <= now() - interval '47 hours')
   ORDER BY article_id, rule FOR NO KEY UPDATE
), waves AS (
  UPDATE reactions_wave w
     SET is_open = is_open AND last_at > now() - interval '1 hour',
         networks = CASE WHEN started_at > now() - interval '47 hours' THEN networks ELSE '{}' END
    FROM old_wave WHERE w.id = old_wave.id
)
SELECT count(*) FROM networks;
