-- Two lanes and a fair order inside each: who asked for a job, what it is predicted to cost, and its place (pass).
-- Every new column has a default, so that a coordinator of the version before goes on inserting: its jobs belong to nobody, cost
-- little, and stand first in the b2c lane. The index job_available is that version's; the version after this one may drop it.

-- What a partner has agreed on. Nobody has to be listed: whoever is not is served as lane b2c with weight 1, because the many who come
-- without a contract are shop customers, and a name that nobody wrote down must not earn a place in the contract partners' lane.
create table partner_terms (
    partner     text primary key check (partner <> ''),
    lane        text not null check (lane in ('b2b', 'b2c')),
    weight      int not null check (weight between 1 and 100),
    updated_at  timestamptz not null default clock_timestamp()
);

alter table job add column lane text not null default 'b2c' check (lane in ('b2b', 'b2c'));
alter table job add column partner text not null default '';        -- who asked first
alter table job add column cost bigint not null default 1 check (cost > 0);     -- predicted CPU, in the units of Jobs/JobCost.cs
alter table job add column pass bigint not null default 0 check (pass >= 0);    -- virtual start time within the lane; docs/job-states.md

-- The queue of each lane, in its order: claims, the lane's virtual time, a job's position.
create index job_queue on job (engine_version, lane, pass, job_id) include (cost) where state = 'available';
-- The virtual time of what is being served.
create index job_in_service on job (engine_version, lane, pass) where state = 'leased';
-- A partner's own last place.
create index job_of_partner on job (engine_version, lane, partner, pass) where state in ('available', 'leased');
