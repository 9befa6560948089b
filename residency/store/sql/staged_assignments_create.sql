CREATE TEMPORARY TABLE staged_assignments (
    block_id uuid NOT NULL,
    person_id uuid NOT NULL,
    service_id uuid NOT NULL,
    role smallint NOT NULL,
    source smallint NOT NULL,
    locked boolean NOT NULL
) ON COMMIT DROP
