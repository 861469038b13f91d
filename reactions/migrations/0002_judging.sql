-- What judging remembers is short-lived and personal enough to stay out of the log, backups and replicas.
ALTER TABLE reactions_networkpace SET UNLOGGED;
ALTER TABLE reactions_networkpace SET (fillfactor = 70);
ALTER TABLE reactions_storypace SET UNLOGGED;
ALTER TABLE reactions_storypace SET (fillfactor = 50);

COMMENT ON INDEX reactions_of_wave IS 'apply_wave.sql: the rows of one wave';
COMMENT ON INDEX reactions_networkpace_pkey IS 'fold.sql: a network on a story, and anywhere within a minute';
COMMENT ON INDEX reactions_storypace_pkey IS 'fold.sql: how fast readers come to a story';
COMMENT ON INDEX reactions_open_wave IS 'fold.sql: the wave that takes what a rule holds back';
COMMENT ON INDEX reactions_waves_by_time IS 'the desk: waves, newest first';
COMMENT ON INDEX reactions_waves_to_do IS 'list_undone.sql: what was decided and is not yet done';
COMMENT ON INDEX reactions_salt_pkey IS 'take_salt.sql: the salt of a day';

-- A row whose reader never changed their mind has replaced nothing.
ALTER TABLE reactions_reaction ALTER COLUMN previous DROP DEFAULT;
