CREATE TEMPORARY TABLE staged_assignments (
    person integer NOT NULL,
    service integer NOT NULL,
    day integer NOT NULL,
    half smallint NOT NULL,
    role smallint NOT NULL,
    source smallint NOT NULL,
    locked boolean NOT NULL
) ON COMMIT DROP
