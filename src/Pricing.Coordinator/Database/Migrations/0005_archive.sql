-- Ended jobs leave the hot table: what is claimed from stays small, whatever the history. Expand only: the version before this one reads
-- and writes everything as it did; all it does not know is the answer to a second CompleteJob for a job that ended a minute ago or more.

-- One row per ended job, its leases inside. Partitioned by month, so that age is removed by dropping a table instead of by deleting rows.
-- Moved by one statement per batch that deletes there and inserts here: a job is in exactly one of the two in every snapshot.
create table job_done (
    job_id          bigint not null,
    model_sha256    bytea not null,
    model_bytes     bigint not null,
    file_name       text not null,
    options_key     bytea not null,
    options         bytea not null,
    engine_version  int not null,
    state           text not null check (state in ('completed', 'failed', 'cancelled', 'quarantined')),
    epoch           int not null,
    attempts        int not null,
    strikes         int not null,
    retry_of        bigint,
    released_at     timestamptz,
    lane            text not null default 'b2c',
    partner         text not null default '',
    cost            bigint not null default 1,
    run_at          timestamptz not null,
    deadline_at     timestamptz not null,
    created_at      timestamptz not null,
    leased_at       timestamptz,
    finished_at     timestamptz not null,
    failure         bytea,
    leases          jsonb not null default '[]',    -- the rows of job_attempt, by epoch
    primary key (job_id, finished_at)
) partition by range (finished_at);

-- Every job, wherever it is: for people and checkers, not for decisions.
create view job_history as
    select job_id, model_sha256, options_key, engine_version, state, epoch, attempts, strikes, retry_of, created_at, leased_at, finished_at, failure from job
    union all
    select job_id, model_sha256, options_key, engine_version, state, epoch, attempts, strikes, retry_of, created_at, leased_at, finished_at, failure from job_done;

-- What the archivist takes next.
create index job_ended on job (finished_at) where finished_at is not null;

-- A quote keeps the number of its job when the job has moved. It is written in the transaction that joined or enqueued the job.
alter table quote drop constraint quote_job_id_fkey;
-- Requests are forgotten days after their quote was made, quotes years after; without an index on request (quote_id), which every accepted
-- quote would pay for, this constraint would read the whole table for each old quote that is removed.
alter table request drop constraint request_quote_id_fkey;

-- Vacuum by rows, not by share of the table, and without pauses: each of these churns at the rate of the quotes (job has this since 0001).
alter table job set (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
alter table job_attempt set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
alter table quote set (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
alter table request set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

-- Where the look for a lane's next job begins, while an old snapshot keeps the entries of claimed jobs in the index (Jobs/QueueFloor). No row: at its beginning.
create table queue_floor (
    engine_version  int not null,
    lane            text not null check (lane in ('b2b', 'b2c')),
    pass            bigint not null,
    primary key (engine_version, lane)
) with (fillfactor = 10);

-- The pass of a job that finds its lane idle: grows by 2^20 a millisecond, which is more than passes grow by in the busiest lane (1,000 jobs a
-- second of 1 MiB for one partner of weight 1), so that the queue's index is used from one end to the other. A bigint holds it for 270 years.
create function idle_pass(ago interval default '0') returns bigint language sql stable as
    $$ select (extract(epoch from clock_timestamp() - ago) * 1000)::bigint << 20 $$;
