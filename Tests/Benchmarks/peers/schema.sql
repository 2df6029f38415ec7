-- What PostgreSQL keeps: the log, whose key is what recognises an event that is sent again, and what is counted. What
-- a company comes to in all is the sum over its days.
--
-- Pages of counters leave room for the next versions of their rows, so that an update need not touch the index (HOT).

CREATE TABLE events (
    id uuid PRIMARY KEY, company text NOT NULL, "user" text NOT NULL, task text NOT NULL, day date NOT NULL,
    time_ms bigint NOT NULL, amount numeric NOT NULL);
CREATE TABLE company_days (
    company text, day date, events bigint NOT NULL, last_ms bigint NOT NULL, PRIMARY KEY (company, day)
) WITH (fillfactor = 50);
CREATE TABLE company_tasks (
    company text, task text, events bigint NOT NULL, PRIMARY KEY (company, task)) WITH (fillfactor = 50);
CREATE TABLE company_users (company text, "user" text, PRIMARY KEY (company, "user"));
