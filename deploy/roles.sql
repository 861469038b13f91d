-- Two roles of PostgreSQL: the owner of the database, who migrates, and newsroom_app, as which the processes run. It reads and
-- writes rows, makes and changes no table, and neither changes nor deletes what is in the audit log.
-- docs/operations.md, "Roles of PostgreSQL", says when: as the owner, after the first migrate; safe to repeat.
--   psql --single-transaction -v ON_ERROR_STOP=1 -f deploy/roles.sql "$OWNER_URL"

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO newsroom_app', current_database());
END $$;
GRANT USAGE ON SCHEMA public TO newsroom_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO newsroom_app;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO newsroom_app;

-- What later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO newsroom_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO newsroom_app;

REVOKE UPDATE, DELETE ON articles_auditentry FROM newsroom_app;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM newsroom_app;
