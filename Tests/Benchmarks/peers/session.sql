-- What a connection prepares: where COPY puts a batch, and the one statement that folds it in. A temporary table is
-- not written to the WAL.
--
-- Rows are inserted in the order of their keys, so that an index is touched from its left to its right.

SET client_min_messages = warning;
CREATE TEMPORARY TABLE staging (
    id uuid, company text, "user" text, task text, day date, time_ms bigint, amount numeric) ON COMMIT DELETE ROWS;

PREPARE fold AS
WITH fresh AS (
    INSERT INTO events SELECT * FROM staging ORDER BY id
    ON CONFLICT DO NOTHING RETURNING company, "user", task, day, time_ms
), days_seen AS (
    INSERT INTO company_days
    SELECT company, day, count(*), max(time_ms) FROM fresh GROUP BY company, day ORDER BY company, day
    ON CONFLICT (company, day) DO UPDATE SET
        events = company_days.events + excluded.events, last_ms = greatest(company_days.last_ms, excluded.last_ms)
), tasks_seen AS (
    INSERT INTO company_tasks SELECT company, task, count(*) FROM fresh GROUP BY company, task ORDER BY company, task
    ON CONFLICT (company, task) DO UPDATE SET events = company_tasks.events + excluded.events
)
INSERT INTO company_users SELECT DISTINCT company, "user" FROM fresh ORDER BY company, "user" ON CONFLICT DO NOTHING;
