-- Deletes what tells one network from another: salts of days before yesterday, rates of two days ago, the hashes stored
-- with waves. After it no hash leads to its network. Closes waves that nothing joined for an hour.
-- Reads those tables as a whole, twice an hour. Locks: the rows that it deletes or changes.
-- Returns one row: how many rates of networks were deleted.
WITH salts AS (
  DELETE FROM reactions_salt WHERE day < (now() AT TIME ZONE 'UTC')::date - 1
), networks AS (
  DELETE FROM reactions_networkrate
   WHERE hour_started_at < now() - interval '47 hours' AND minute < now() - interval '47 hours' RETURNING 1
), articles AS (
  DELETE FROM reactions_articlerate WHERE minute < now() - interval '47 hours'
), waves AS (
  UPDATE reactions_wave
     SET is_open = is_open AND last_at > now() - interval '1 hour',
         networks = CASE WHEN started_at > now() - interval '47 hours' THEN networks ELSE '{}' END
   WHERE (is_open AND last_at <= now() - interval '1 hour')
      OR (networks <> '{}' AND started_at <= now() - interval '47 hours')
)
SELECT count(*) FROM networks;
