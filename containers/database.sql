-- Makes the roles and databases of compose.yaml where they are missing, and gives the roles the passwords that
-- the environment names. Run by psql as the superuser, as often as one likes.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv readonly_password READONLY_PASSWORD
\getenv server_database_password SERVER_DATABASE_PASSWORD

-- Statements that bear a password do not reach the server's log.
SET log_statement = none;
SET log_min_error_statement = panic;

SELECT format('CREATE ROLE %I', wanted)
FROM unnest(ARRAY['residency_owner', 'residency_app', 'residency_readonly', 'prefect']) AS wanted
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
\gexec

ALTER ROLE residency_owner LOGIN PASSWORD :'owner_password';
ALTER ROLE residency_app LOGIN PASSWORD :'app_password';
ALTER ROLE residency_readonly LOGIN PASSWORD :'readonly_password';
ALTER ROLE prefect LOGIN PASSWORD :'server_database_password';
-- As `residency migrate` sets them for a role that it makes itself.
ALTER ROLE residency_readonly SET search_path = readonly, public;
ALTER ROLE residency_readonly SET default_transaction_read_only = on;

SELECT format('CREATE DATABASE %I OWNER %I', wanted, owner)
FROM (VALUES ('residency', 'residency_owner'), ('prefect', 'prefect')) AS pair (wanted, owner)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted)
\gexec

REVOKE ALL ON DATABASE residency, prefect FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE residency TO residency_app;
GRANT CONNECT ON DATABASE residency TO residency_readonly;

\connect residency
CREATE EXTENSION IF NOT EXISTS btree_gist;
\connect prefect
CREATE EXTENSION IF NOT EXISTS pg_trgm;
