CREATE TEMPORARY TABLE repaired_cells (
    person_id uuid NOT NULL,
    block_id uuid NOT NULL,
    service_id uuid,
    role text,
    of_lost boolean NOT NULL,
    PRIMARY KEY (person_id, block_id)
) ON COMMIT DROP
