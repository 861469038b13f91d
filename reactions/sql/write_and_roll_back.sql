-- A write for readiness, which rolls it back: a read-only server, a full disk and a lost quorum refuse it.
-- Uses: the key of reactions_salt. Locks: the row that it adds and that is never committed.
INSERT INTO reactions_salt (day, salt) VALUES (date '0001-01-01' + (random() * 100000)::int, '') RETURNING 1;
