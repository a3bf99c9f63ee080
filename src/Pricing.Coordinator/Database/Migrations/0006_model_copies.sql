-- The bytes of a model may be removed and come back; what is known of it (measurements, quotes) stays.
-- Each time they come back they lie under another name, so that a late removal of the old ones cannot meet the new ones.

alter table model add column stored boolean not null default true;
alter table model add column copy int not null default 0 check (copy >= 0);
alter table model add column used_at timestamptz not null default clock_timestamp();   -- to the day

create index model_idle on model (used_at) where stored;

-- Copies that no model row speaks for any more. First this row, then the bytes: a crash between the two is a row whose bytes are still to go.
create table model_removal (
    sha256      bytea not null references model,
    copy        int not null check (copy >= 0),
    reason      text not null check (reason in ('unused', 'damaged')),
    detail      text not null default '',
    removed_at  timestamptz not null default clock_timestamp(),
    delete_at   timestamptz not null,       -- the bytes go then; damaged ones stay a while as evidence
    deleted_at  timestamptz,
    primary key (sha256, copy)
);

create index model_removal_due on model_removal (delete_at) where deleted_at is null;
