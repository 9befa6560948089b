-- What the roles named $1 (the application's) and $2 (the read-only one) lack here, and what we may give.
SELECT
    quote_ident(current_user) AS me,
    quote_ident(current_database()) AS database,
    application.oid IS NOT NULL AS app_known,
    reader.oid IS NOT NULL AS readonly_known,
    coalesce(
        has_database_privilege(application.oid, here.oid, 'CONNECT')
        AND has_database_privilege(application.oid, here.oid, 'TEMPORARY'),
        false
    ) AS app_admitted,
    coalesce(has_database_privilege(reader.oid, here.oid, 'CONNECT'), false) AS readonly_admitted,
    own.rolsuper OR own.rolcreaterole AS may_create_roles,
    pg_has_role(here.datdba, 'USAGE') AS owns_database,
    has_database_privilege(here.oid, 'CREATE') AS may_create_schema
FROM pg_database AS here
JOIN pg_roles AS own ON own.rolname = current_user
LEFT JOIN pg_roles AS application ON application.rolname = $1::text
LEFT JOIN pg_roles AS reader ON reader.rolname = $2::text
WHERE here.datname = current_database()
