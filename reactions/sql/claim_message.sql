-- Claims the message that waits longest: it is SENDING before its first byte leaves, so that no other worker sends it, and
-- neither does one that follows a worker that died while it sent.
-- Uses: reactions_messages_to_send. Locks: the one row; skips what another worker claims.
-- Returns the id of the message; no row where none is due.
UPDATE reactions_message SET state = 'sending', began_at = statement_timestamp()
 WHERE id = (SELECT id FROM reactions_message
              WHERE state = 'waiting' AND retry_at <= statement_timestamp()
              ORDER BY retry_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id;
