-- The next entries after place $1, at most $2, with their JSON as the text that is hashed.
SELECT
    seq, at, actor, actor_kind, database_role, remote_addr, origin, action, entity_type, entity_id,
    before::text, after::text, reason, run_id, prev_hash, hash
FROM audit_log
WHERE seq > $1
ORDER BY seq
LIMIT $2
