-- The state of the change feed: the digest of what its cursors are good for, the last position, that of the last tombstone
-- that was deleted, whether this server may be behind another one, and whether something waits for its position.
-- A server that was restored from a backup, or that took over from another one, has another digest: what was read from
-- the former one may not be there any more.
-- Uses: reactions_changefeed, a table of one row; the first rows of reactions_changenote and of the index reactions_events. Locks nothing.
SELECT left(encode(sha256(concat_ws(' ', f.epoch, (pg_control_system()).system_identifier,
         CASE WHEN pg_is_in_recovery() THEN to_hex((pg_control_checkpoint()).timeline_id)
              ELSE ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0') END,
         (SELECT oid FROM pg_database WHERE datname = current_database()),
         'reactions_change'::regclass::oid)::bytea), 'hex'), 12),
       f.position, f.forgotten, pg_is_in_recovery(),
       EXISTS (SELECT FROM reactions_changenote) OR EXISTS (SELECT FROM reactions_webhookevent WHERE position IS NULL)
  FROM reactions_changefeed f;
