-- The functions that write the audit log. Those that act for their owner fix the search path, and so do not
-- depend on the caller's; the small ones are only called by them.

-- Who acts: what the session says of itself, and the login role, which it cannot choose.
CREATE OR REPLACE FUNCTION public.audit_context() RETURNS public.audit_pending
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    context public.audit_pending;
    run text := nullif(current_setting('residency.run_id', true), '');
    claimed text := nullif(current_setting('residency.actor', true), '');
    kind text := nullif(current_setting('residency.actor_kind', true), '');
BEGIN
    IF kind NOT IN ('user', 'task', 'system') THEN
        RAISE EXCEPTION 'residency.actor_kind is %, expected user, task or system', quote_literal(kind)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF run !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RAISE EXCEPTION 'residency.run_id is %, expected a uuid', quote_literal(run)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF kind = 'task' AND run IS NULL THEN
        RAISE EXCEPTION 'residency.actor_kind is task without residency.run_id, expected the run''s uuid'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    context.xid := pg_current_xact_id();
    context.run_id := run;
    context.actor := coalesce(claimed, session_user);
    context.actor_kind := coalesce(
        kind,
        CASE WHEN run IS NOT NULL THEN 'task' WHEN claimed IS NOT NULL THEN 'user' ELSE 'system' END
    );
    context.database_role := session_user;
    context.remote_addr := coalesce(
        nullif(current_setting('residency.remote_addr', true), ''), host(inet_client_addr())
    );
    context.reason := nullif(current_setting('residency.reason', true), '');
    RETURN context;
END
$$;

-- A row as the log keeps it: empty columns left out, secrets hidden, nested JSON exactly as it is.
-- unusual: the columns that are nested JSON or secret, each null. A row in which they are all null has an
-- image that needs no call. other: the row it is compared with.
CREATE OR REPLACE FUNCTION public.audit_image(given jsonb, other jsonb, unusual jsonb, secrets text[])
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_strip_nulls(given - array_agg(name)) || coalesce(
        jsonb_object_agg(
            name,
            CASE
                WHEN name <> ALL (secrets) THEN given -> name
                WHEN given -> name IS DISTINCT FROM other -> name AND other IS NOT NULL
                    THEN '"(hidden, changed)"'
                ELSE '"(hidden)"'
            END
        ) FILTER (WHERE given -> name <> 'null'),
        '{}'
    )
    FROM jsonb_object_keys(unusual) AS name
$$;

-- What an update is called: the first named change of which a column differs, else just an update.
CREATE OR REPLACE FUNCTION public.audit_change_name(old_row jsonb, new_row jsonb, named jsonb)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(
        (
            SELECT change ->> 'action'
            FROM jsonb_array_elements(named) WITH ORDINALITY AS listed (change, rank)
            WHERE EXISTS (
                SELECT FROM jsonb_array_elements_text(change -> 'columns') AS name
                WHERE old_row -> name IS DISTINCT FROM new_row -> name
            )
            ORDER BY rank
            LIMIT 1
        ),
        'update'
    )
$$;

-- Fired once by each statement on an audited table: one pending entry for each row it changed.
-- Arguments: the unusual columns as in audit_image, the secret ones, the named changes.
-- A row's image must not depend on the session: its time zone, its digits. OFFSET 0 lets each image be made
-- once, however often it is named.
CREATE OR REPLACE FUNCTION public.audit_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET extra_float_digits = 1
SET bytea_output = 'hex'
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    unusual jsonb := TG_ARGV[0];
    secrets text[] := TG_ARGV[1];
    named jsonb := TG_ARGV[2];
    context public.audit_pending := public.audit_context();
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.audit_pending (
            xid, opens, actor, actor_kind, database_role, remote_addr, origin, action, entity_type,
            entity_id, after, reason, run_id
        )
        SELECT
            context.xid, row_number() OVER () = 1, context.actor, context.actor_kind,
            context.database_role, context.remote_addr, 'trigger', 'insert', TG_TABLE_NAME,
            added.id,
            CASE
                WHEN added.image @> unusual THEN jsonb_strip_nulls(added.image)
                ELSE public.audit_image(added.image, NULL, unusual, secrets)
            END,
            context.reason, context.run_id
        FROM (SELECT each.id, to_jsonb(each) AS image FROM new_rows AS each OFFSET 0) AS added;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO public.audit_pending (
            xid, opens, actor, actor_kind, database_role, remote_addr, origin, action, entity_type,
            entity_id, before, reason, run_id
        )
        SELECT
            context.xid, row_number() OVER () = 1, context.actor, context.actor_kind,
            context.database_role, context.remote_addr, 'trigger', 'delete', TG_TABLE_NAME,
            removed.id,
            CASE
                WHEN removed.image @> unusual THEN jsonb_strip_nulls(removed.image)
                ELSE public.audit_image(removed.image, NULL, unusual, secrets)
            END,
            context.reason, context.run_id
        FROM (SELECT each.id, to_jsonb(each) AS image FROM old_rows AS each OFFSET 0) AS removed;
    ELSE
        -- An id that was changed is one row gone and one row come.
        INSERT INTO public.audit_pending (
            xid, opens, actor, actor_kind, database_role, remote_addr, origin, action, entity_type,
            entity_id, before, after, reason, run_id
        )
        SELECT
            context.xid, row_number() OVER () = 1, context.actor, context.actor_kind,
            context.database_role, context.remote_addr, 'trigger',
            CASE
                WHEN former IS NULL THEN 'insert'
                WHEN latter IS NULL THEN 'delete'
                WHEN named = '[]' THEN 'update'
                ELSE public.audit_change_name(former, latter, named)
            END,
            TG_TABLE_NAME, changed_id,
            CASE
                WHEN former @> unusual THEN jsonb_strip_nulls(former)
                ELSE public.audit_image(former, NULL, unusual, secrets)
            END,
            CASE
                WHEN latter @> unusual THEN jsonb_strip_nulls(latter)
                ELSE public.audit_image(latter, former, unusual, secrets)
            END,
            context.reason, context.run_id
        FROM (
            SELECT
                coalesce(removed.id, added.id) AS changed_id,
                CASE WHEN removed.id IS NOT NULL THEN to_jsonb(removed) END AS former,
                CASE WHEN added.id IS NOT NULL THEN to_jsonb(added) END AS latter
            FROM old_rows AS removed
            FULL JOIN new_rows AS added ON added.id = removed.id
            -- Bytes, not values: what compares as equal may still have been rewritten.
            WHERE removed.id IS NULL OR added.id IS NULL OR removed *<> added
            OFFSET 0
        ) AS changed;
    END IF;
    RETURN NULL;
END
$$;

-- Fired by statements that the log has no place for.
CREATE OR REPLACE FUNCTION public.audit_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- The chain's step: SHA-256 of the former hash and the entry's canonical JSON.
CREATE OR REPLACE FUNCTION public.audit_link(former bytea, head bytea, entry text) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN sha256(coalesce(former, head) || convert_to(entry, 'UTF8'));
END
$$;

CREATE OR REPLACE AGGREGATE public.audit_chain(head bytea, entry text) (
    SFUNC = public.audit_link, STYPE = bytea
);

-- The canonical JSON of an entry at its place: jsonb's own text of the object, keys by length and then by bytes.
CREATE OR REPLACE FUNCTION public.audit_text(entry public.audit_pending, seq bigint, shown_at text)
RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN '{"at": "' || shown_at
        || '", "seq": ' || seq
        || ', "actor": ' || to_json(entry.actor)
        || ', "after": ' || coalesce(entry.after::text, 'null')
        || ', "action": ' || to_json(entry.action)
        || ', "before": ' || coalesce(entry.before::text, 'null')
        || ', "origin": ' || to_json(entry.origin)
        || ', "reason": ' || coalesce(to_json(entry.reason)::text, 'null')
        || ', "run_id": ' || coalesce(to_json(entry.run_id)::text, 'null')
        || ', "entity_id": ' || to_json(entry.entity_id)
        || ', "actor_kind": ' || to_json(entry.actor_kind)
        || ', "entity_type": ' || to_json(entry.entity_type)
        || ', "remote_addr": ' || coalesce(to_json(entry.remote_addr)::text, 'null')
        || ', "database_role": ' || to_json(entry.database_role)
        || '}';
END
$$;

-- Fired at commit, once by each statement that wrote entries; the first gives all of the transaction's
-- entries their place. The head of the chain is the last lock a transaction takes, held for the commit alone.
-- The key's index gives the entries in order, so that a hundred thousand need no sorting.
CREATE OR REPLACE FUNCTION public.audit_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    head public.audit_head;
    new_hash bytea;
    sealed_at timestamptz;
    shown_at text;
BEGIN
    PERFORM FROM public.audit_pending AS entry WHERE entry.xid = NEW.xid AND entry.position = NEW.position;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT * INTO STRICT head FROM public.audit_head AS stored WHERE stored.chain = 1 FOR UPDATE;
    sealed_at := clock_timestamp();
    shown_at := to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    PERFORM FROM public.audit_pending AS entry WHERE entry.xid = NEW.xid AND entry.position <> NEW.position;
    IF FOUND THEN
        WITH numbered AS (
            SELECT entry, entry.position, head.seq + row_number() OVER (ORDER BY entry.position) AS seq
            FROM public.audit_pending AS entry
            WHERE entry.xid = NEW.xid
        ),
        chained AS (
            SELECT
                numbered.*,
                public.audit_chain(head.hash, public.audit_text(entry, seq, shown_at))
                    OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS hash
            FROM numbered
        ),
        sealed AS (
            INSERT INTO public.audit_log (
                seq, at, actor, actor_kind, database_role, remote_addr, origin, action, entity_type, entity_id,
                before, after, reason, run_id, prev_hash, hash
            )
            SELECT
                seq, sealed_at, (entry).actor, (entry).actor_kind, (entry).database_role,
                (entry).remote_addr, (entry).origin, (entry).action, (entry).entity_type, (entry).entity_id,
                (entry).before, (entry).after, (entry).reason, (entry).run_id,
                lag(hash, 1, head.hash) OVER (ORDER BY position), hash
            FROM chained
            RETURNING audit_log.seq, audit_log.hash
        )
        UPDATE public.audit_head AS stored
        SET seq = newest.seq, hash = newest.hash
        FROM (SELECT sealed.seq, sealed.hash FROM sealed ORDER BY sealed.seq DESC LIMIT 1) AS newest
        WHERE stored.chain = 1;
    ELSE
        -- One entry alone, as most transactions have, needs none of the above.
        new_hash := public.audit_link(head.hash, NULL, public.audit_text(NEW, head.seq + 1, shown_at));
        INSERT INTO public.audit_log (
            seq, at, actor, actor_kind, database_role, remote_addr, origin, action, entity_type, entity_id,
            before, after, reason, run_id, prev_hash, hash
        ) VALUES (
            head.seq + 1, sealed_at, NEW.actor, NEW.actor_kind, NEW.database_role, NEW.remote_addr, NEW.origin,
            NEW.action, NEW.entity_type, NEW.entity_id, NEW.before, NEW.after, NEW.reason, NEW.run_id,
            head.hash, new_hash
        );
        UPDATE public.audit_head AS stored SET seq = head.seq + 1, hash = new_hash WHERE stored.chain = 1;
    END IF;
    DELETE FROM public.audit_pending AS entry WHERE entry.xid = NEW.xid;
    RETURN NULL;
END
$$;

-- Notes an action that changes no row of an audited table: a login, an export, an execution.
CREATE OR REPLACE FUNCTION public.audit_record(
    action text, entity_type text, entity_id text, reason text DEFAULT NULL,
    before jsonb DEFAULT NULL, after jsonb DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    context public.audit_pending := public.audit_context();
BEGIN
    IF audit_record.action IN ('insert', 'update', 'delete') THEN
        RAISE EXCEPTION 'audit_record takes no %: changes of rows are written where they happen',
            audit_record.action USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO public.audit_pending (
        xid, opens, actor, actor_kind, database_role, remote_addr, origin, action, entity_type, entity_id,
        before, after, reason, run_id
    ) VALUES (
        context.xid, true, context.actor, context.actor_kind, context.database_role, context.remote_addr,
        'application', audit_record.action, audit_record.entity_type, audit_record.entity_id,
        audit_record.before, audit_record.after, coalesce(audit_record.reason, context.reason),
        context.run_id
    );
END
$$;

DROP TRIGGER IF EXISTS audit_seal ON public.audit_pending;
CREATE CONSTRAINT TRIGGER audit_seal AFTER INSERT ON public.audit_pending
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.opens) EXECUTE FUNCTION public.audit_seal();

CREATE OR REPLACE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_log
FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse('the audit log is append-only');

CREATE OR REPLACE TRIGGER audit_refuse BEFORE INSERT OR DELETE OR TRUNCATE ON public.audit_head
FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse('the audit log has one chain');

CREATE OR REPLACE TRIGGER audit_refuse BEFORE UPDATE OR TRUNCATE ON public.audit_pending
FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse('entries wait for their commit as they are');
