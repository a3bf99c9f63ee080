-- A job whose worker processes died is kept out of the queue: quarantined, with the evidence, until a person releases it.

-- Worker deaths held against the job. A released job starts one below the bound, so that one more death ends it.
alter table job add column strikes int not null default 0 check (strikes >= 0);
-- The quarantined job that this one tries again, and when a quarantined job was released.
alter table job add column retry_of bigint references job;
alter table job add column released_at timestamptz;

alter table job drop constraint job_state_check;
alter table job add constraint job_state_check
    check (state in ('available', 'leased', 'completed', 'failed', 'cancelled', 'quarantined'));
alter table job drop constraint job_end_whole;
alter table job add constraint job_end_whole
    check ((state in ('completed', 'failed', 'cancelled', 'quarantined')) = (finished_at is not null));
alter table job drop constraint job_failure_whole;
alter table job add constraint job_failure_whole check ((state in ('failed', 'quarantined')) = (failure is not null));
alter table job add constraint job_release_whole check (released_at is null or state = 'quarantined');

-- Asked by everyone who would enqueue the same measurement again.
create index job_quarantined on job (model_sha256, options_key, engine_version) where state = 'quarantined' and released_at is null;
-- At most one try for each release.
create unique index job_retry on job (retry_of) where retry_of is not null;

alter table job_attempt add column evidence bytea;     -- pricing.node.v1.WorkerDeath as it travelled
alter table job_attempt drop constraint job_attempt_outcome_check;
alter table job_attempt add constraint job_attempt_outcome_check
    check (outcome in ('completed', 'model_failed', 'worker_died', 'lost', 'released', 'expired', 'ended'));
alter table job_attempt add constraint job_attempt_evidence_whole
    check ((outcome is not distinct from 'worker_died') = (evidence is not null));

drop trigger job_terminal_is_final on job;
create trigger job_terminal_is_final before update of state on job for each row
    when (old.state in ('completed', 'failed', 'cancelled', 'quarantined') and new.state is distinct from old.state)
    execute function refuse_leaving_terminal_state();
