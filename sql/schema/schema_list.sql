-- schema_list: answers the version of every migration that was applied; makes the table where it is missing
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
SELECT version FROM schema_migrations ORDER BY version;
