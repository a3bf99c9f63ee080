-- Models, measurements, jobs, quotes and price lists.
-- The invariants live here: CHECK constraints hold the states, partial unique indexes hold "at most one live",
-- and a trigger refuses every move out of a terminal state, whoever asks.

create table model (
    sha256      bytea primary key check (octet_length(sha256) = 32),
    size_bytes  bigint not null check (size_bytes > 0),
    created_at  timestamptz not null default clock_timestamp()
);

-- Which partner may see which model. A row may exist before the bytes do (announced, not yet uploaded).
create table partner_model (
    partner     text not null check (partner <> ''),
    sha256      bytea not null check (octet_length(sha256) = 32),
    size_bytes  bigint not null check (size_bytes > 0),
    file_name   text not null,
    created_at  timestamptz not null default clock_timestamp(),
    primary key (partner, sha256)
);

-- What geometry says about (model, options, engine). Written once, never changed.
create table measurement (
    measurement_id  bigint generated always as identity primary key,
    model_sha256    bytea not null references model,
    options_key     bytea not null check (octet_length(options_key) = 32),
    engine_version  int not null,
    body            bytea not null,     -- pricing.quoting.v1.Measurement as it travelled
    digest          bytea not null,
    job_id          bigint,
    created_at      timestamptz not null default clock_timestamp(),
    unique (model_sha256, options_key, engine_version)
);

-- A unit of compute. Many quotes may wait for one job. docs/job-states.md draws its states.
create table job (
    job_id          bigint generated always as identity primary key,
    model_sha256    bytea not null references model,
    model_bytes     bigint not null,
    file_name       text not null,
    options_key     bytea not null check (octet_length(options_key) = 32),
    options         bytea not null,     -- pricing.quoting.v1.MeasureOptions
    engine_version  int not null,
    state           text not null default 'available'
                    check (state in ('available', 'leased', 'completed', 'failed', 'cancelled')),
    epoch           int not null default 0 check (epoch >= 0),
    attempts        int not null default 0 check (attempts >= 0 and attempts <= epoch),
    owner           uuid,               -- incarnation of the node that holds the lease
    lease_until     timestamptz,
    run_at          timestamptz not null default clock_timestamp(),
    deadline_at     timestamptz not null,
    created_at      timestamptz not null default clock_timestamp(),
    leased_at       timestamptz,        -- of the latest lease
    finished_at     timestamptz,
    failure         bytea,              -- pricing.quoting.v1.Failure
    constraint job_lease_whole check ((state = 'leased') = (owner is not null) and (state = 'leased') = (lease_until is not null)),
    constraint job_end_whole check ((state in ('completed', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint job_failure_whole check ((state = 'failed') = (failure is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

create unique index job_live on job (model_sha256, options_key, engine_version) where state in ('available', 'leased');
create index job_available on job (engine_version, run_at, job_id) where state = 'available';
create index job_lease on job (lease_until) where state = 'leased';
create index job_deadline on job (deadline_at) where state in ('available', 'leased');

-- One row per lease: who held it and how it ended. The evidence behind "attempt 3 of 5".
create table job_attempt (
    job_id       bigint not null references job on delete cascade,
    epoch        int not null check (epoch > 0),
    node         text not null,
    incarnation  uuid not null,
    started_at   timestamptz not null default clock_timestamp(),
    ended_at     timestamptz,
    outcome      text check (outcome in ('completed', 'model_failed', 'lost', 'released', 'expired', 'ended')),
    detail       text,
    primary key (job_id, epoch),
    constraint job_attempt_whole check ((outcome is null) = (ended_at is null))
);

-- A version that has been published never changes.
create table price_list (
    list_id       text not null check (list_id <> ''),
    version       int not null check (version > 0),
    document      text not null,
    sha256        text not null,
    state         text not null default 'draft' check (state in ('draft', 'published')),
    based_on      text not null default '',
    created_at    timestamptz not null default clock_timestamp(),
    effective_at  timestamptz,
    revision      int not null default 1,
    primary key (list_id, version),
    constraint price_list_effective_whole check ((state = 'published') = (effective_at is not null))
);

create index price_list_active on price_list (effective_at desc) where state = 'published';
create index price_list_newest on price_list (created_at desc, list_id, version);

create table quote (
    quote_id            uuid primary key,
    partner             text not null,
    request             bytea not null,     -- pricing.quoting.v1.Quote, asked-for fields only
    request_id          text not null,
    model_sha256        bytea not null references model,
    job_id              bigint references job,
    measurement_id      bigint references measurement,
    measurement_cached  boolean not null,
    price_list_id       text not null,
    price_list_version  int not null,
    state               text not null
                        check (state in ('measuring', 'priced', 'needs_review', 'failed', 'cancelled')),
    prices              bytea,              -- pricing.quoting.v1.Quote with nothing but prices
    failure             bytea,              -- pricing.quoting.v1.Failure
    created_at          timestamptz not null default clock_timestamp(),
    deadline_at         timestamptz not null,
    finished_at         timestamptz,
    expire_at           timestamptz,
    queue_ms            double precision not null default 0,
    measure_ms          double precision not null default 0,
    price_ms            double precision not null default 0,
    revision            int not null default 1,
    foreign key (price_list_id, price_list_version) references price_list,
    constraint quote_waits_for_job check (state <> 'measuring' or job_id is not null),
    constraint quote_end_whole check ((state = 'measuring') = (finished_at is null)),
    constraint quote_prices_whole check ((state in ('priced', 'needs_review')) = (prices is not null and measurement_id is not null)),
    constraint quote_failure_whole check ((state = 'failed') = (failure is not null))
);

create index quote_newest on quote (partner, created_at desc, quote_id desc);
create index quote_waiting on quote (job_id) where state = 'measuring';
create index quote_deadline on quote (deadline_at) where state = 'measuring';
create index quote_created on quote (created_at);

-- One row per accepted request: the same id and body answer the same quote, another body is refused.
-- Inserted first in its transaction, so that a concurrent twin waits on the index for the winner.
create table request (
    partner      text not null,
    operation    text not null,
    request_id   text not null,
    body_sha256  bytea not null check (octet_length(body_sha256) = 32),
    quote_id     uuid not null references quote deferrable initially deferred,
    created_at   timestamptz not null default clock_timestamp(),
    primary key (partner, operation, request_id)
);

create index request_created on request (created_at);

create function refuse_leaving_terminal_state() returns trigger language plpgsql as $$
begin
    raise exception 'a terminal state is final: % -> %', old.state, new.state using errcode = 'check_violation';
end $$;

create trigger job_terminal_is_final before update of state on job for each row
    when (old.state in ('completed', 'failed', 'cancelled') and new.state is distinct from old.state)
    execute function refuse_leaving_terminal_state();

create trigger quote_terminal_is_final before update of state on quote for each row
    when (old.state <> 'measuring' and new.state is distinct from old.state)
    execute function refuse_leaving_terminal_state();

create function refuse_changing_published_price_list() returns trigger language plpgsql as $$
begin
    raise exception 'price list %/% is published and never changes', old.list_id, old.version using errcode = 'check_violation';
end $$;

create trigger price_list_published_is_final before update or delete on price_list for each row
    when (old.state = 'published')
    execute function refuse_changing_published_price_list();
