INSERT INTO blocks (
    date, half, academic_year, block_number, is_weekend, is_holiday, holiday_name, actual_date, day_type,
    intent
)
SELECT
    date, half, academic_year, block_number, is_weekend, is_holiday, holiday_name, actual_date, day_type,
    intent
FROM jsonb_to_recordset($1::jsonb) AS given (
    date date, academic_year integer, block_number integer, is_weekend boolean, is_holiday boolean,
    holiday_name text, actual_date date, day_type text, intent text
)
CROSS JOIN (VALUES ('AM'), ('PM')) AS halves (half)
ON CONFLICT (date, half) DO UPDATE SET
    is_holiday = excluded.is_holiday,
    holiday_name = excluded.holiday_name,
    actual_date = excluded.actual_date,
    day_type = excluded.day_type,
    intent = excluded.intent
WHERE (blocks.is_holiday, blocks.holiday_name, blocks.actual_date, blocks.day_type, blocks.intent)
    IS DISTINCT FROM (
        excluded.is_holiday, excluded.holiday_name, excluded.actual_date, excluded.day_type, excluded.intent
    )
