UPDATE schedule_versions AS former
SET publication = 'superseded', updated_at = now()
FROM schedule_versions AS published
WHERE published.id = $1::uuid
  AND former.id <> published.id
  AND former.publication = 'published'
  AND daterange(former.start_date, former.end_date) && daterange(published.start_date, published.end_date)
RETURNING former.id
