-- Forgets what told one network from another: salts of days before yesterday, paces of two days ago, the hashes kept with
-- waves. After it nobody can tell which network a hash stood for. Closes waves that an hour brought nothing to.
-- Reads those tables as a whole, once an hour. Locks: the rows it removes or changes.
WITH salts AS (
  DELETE FROM reactions_salt WHERE day < (now() AT TIME ZONE 'UTC')::date - 1
), networks AS (
  DELETE FROM reactions_networkpace WHERE since < now() - interval '47 hours' AND minute < now() - interval '47 hours' RETURNING 1
), stories AS (
  DELETE FROM reactions_storypace WHERE minute < now() - interval '47 hours'
), waves AS (
  UPDATE reactions_wave
     SET is_open = is_open AND last_at > now() - interval '1 hour',
         networks = CASE WHEN started_at > now() - interval '47 hours' THEN networks ELSE '{}' END
   WHERE (is_open AND last_at <= now() - interval '1 hour')
      OR (networks <> '{}' AND started_at <= now() - interval '47 hours')
)
SELECT count(*) FROM networks;
