-- Every statement of the release before this one, as its program sends them: while a roll-out lasts both run on one schema. Taken anew when a
-- release is made; never edited to make a test pass.

-- name: JobStore.EnqueueOrJoin
with quarantined as (
    select job_id from job
    where model_sha256 = $1 and options_key = $4 and engine_version = $6 and state = 'quarantined' and released_at is null
    order by job_id desc limit 1),
live as (
    insert into job (model_sha256, model_bytes, file_name, options_key, options, engine_version, deadline_at)
    select $1, $2, $3, $4, $5, $6, clock_timestamp() + $7 where not exists (select from quarantined)
    on conflict (model_sha256, options_key, engine_version) where state in ('available', 'leased')
    do update set deadline_at = greatest(job.deadline_at, excluded.deadline_at)
    returning job_id, xmax = 0 as is_new)
select job_id, is_new from live union all select job_id, false from quarantined

-- name: JobStore.Withdraw
delete from job where job_id = $1

-- name: JobStore.Claim
with picked as materialized (
    select job_id, run_at from job
    where state = 'available' and engine_version = $1 and run_at <= now() and deadline_at > now()
    order by run_at, job_id
    limit $2
    for no key update skip locked),
ranked as (
    select job_id, row_number() over (order by run_at, job_id) as rank from picked),
leased as (
    update job j
    set state = 'leased', epoch = j.epoch + 1, attempts = j.attempts + 1, owner = o.incarnation,
        leased_at = clock_timestamp(), lease_until = clock_timestamp() + $5
    from ranked r join unnest($3::uuid[], $4::text[]) with ordinality as o(incarnation, node, rank) using (rank)
    where j.job_id = r.job_id
    returning j.*, o.node, r.rank),
noted as (
    insert into job_attempt (job_id, epoch, node, incarnation)
    select job_id, epoch, node, owner from leased)
select job_id, epoch, owner, attempts, model_sha256, model_bytes, file_name, options, deadline_at - clock_timestamp()
from leased order by rank

-- name: JobStore.Renew
update job j set lease_until = clock_timestamp() + $3
from unnest($1::bigint[], $2::int[]) as held(job_id, epoch)
where j.job_id = held.job_id and j.epoch = held.epoch and j.state = 'leased'
returning j.job_id

-- name: JobStore.EndLeases
with freed as (
    update job j
    set state = case when $3 and j.attempts >= $4 then 'failed' else 'available' end,
        failure = case when $3 and j.attempts >= $4 then $5::bytea end,
        finished_at = case when $3 and j.attempts >= $4 then clock_timestamp() end,
        attempts = case when $3 then j.attempts else greatest(j.attempts - 1, 0) end,
        run_at = case when $3 then j.run_at else clock_timestamp() + $6 end,
        owner = null, lease_until = null
    from unnest($1::bigint[], $2::int[]) as held(job_id, epoch)
    where j.job_id = held.job_id and j.epoch = held.epoch and j.state = 'leased'
    returning j.job_id, j.epoch, j.state),
noted as (
    update job_attempt a set ended_at = clock_timestamp(), outcome = $7, detail = $8
    from freed f where a.job_id = f.job_id and a.epoch = f.epoch)
select job_id, state from freed

-- name: JobStore.Rescue
with late as materialized (
    select job_id from job
    where state = 'leased' and lease_until < now()
    order by lease_until
    limit $1
    for no key update skip locked),
freed as (
    update job j
    set state = case when j.attempts >= $2 then 'failed' else 'available' end,
        failure = case when j.attempts >= $2 then $3::bytea end,
        finished_at = case when j.attempts >= $2 then clock_timestamp() end,
        owner = null, lease_until = null
    from late l where j.job_id = l.job_id
    returning j.job_id, j.epoch, j.state),
noted as (
    update job_attempt a set ended_at = clock_timestamp(), outcome = 'expired'
    from freed f where a.job_id = f.job_id and a.epoch = f.epoch)
select job_id, state from freed

-- name: JobStore.FailPastDeadline
with past as materialized (
    select job_id from job
    where state in ('available', 'leased') and deadline_at < now()
    order by deadline_at
    limit $1
    for no key update skip locked),
ended as (
    update job j
    set state = 'failed', failure = $2, finished_at = clock_timestamp(), owner = null, lease_until = null
    from past p where j.job_id = p.job_id
    returning j.job_id, j.epoch),
noted as (
    update job_attempt a set ended_at = clock_timestamp(), outcome = 'ended', detail = 'deadline'
    from ended e where a.job_id = e.job_id and a.epoch = e.epoch and a.outcome is null)
select job_id from ended

-- name: JobStore.ReadKey
select model_sha256, options_key, engine_version from job where job_id = $1

-- name: JobStore.Complete
update job j
set state = case when $4::bytea is null then 'completed' else 'failed' end,
    failure = $4, finished_at = clock_timestamp(), owner = null, lease_until = null
where j.job_id = $1 and j.epoch = $2 and j.state in ('available', 'leased')
  and exists (select from job_attempt a where a.job_id = $1 and a.epoch = $2 and a.incarnation = $3)

-- name: JobStore.NoteCompletion
update job_attempt set ended_at = clock_timestamp(), outcome = $3, detail = null where job_id = $1 and epoch = $2

-- name: JobStore.WhyNot
select j.state, j.epoch, coalesce(a.outcome, '') from job j
left join job_attempt a on a.job_id = j.job_id and a.epoch = $2 and a.incarnation = $3
where j.job_id = $1

-- name: JobStore.LockJob
select job_id from job where job_id = $1 for no key update

-- name: JobStore.CancelUnwanted
with ended as (
    update job j
    set state = 'cancelled', finished_at = clock_timestamp(), owner = null, lease_until = null
    where j.job_id = $1 and j.state in ('available', 'leased')
      and not exists (select from quote q where q.job_id = $1 and q.state = 'measuring')
    returning j.job_id, j.epoch),
noted as (
    update job_attempt a set ended_at = clock_timestamp(), outcome = 'ended', detail = 'cancelled'
    from ended e where a.job_id = e.job_id and a.epoch = e.epoch and a.outcome is null)
select job_id from ended

-- name: MeasurementStore.Find
select measurement_id, body from measurement where model_sha256 = $1 and options_key = $2 and engine_version = $3

-- name: MeasurementStore.Insert
insert into measurement (model_sha256, options_key, engine_version, body, digest, job_id)
values ($1, $2, $3, $4, $5, $6)
on conflict (model_sha256, options_key, engine_version) do nothing

-- name: QuarantineStore.Strike
update job j
set strikes = j.strikes + 1,
    state = case when j.strikes + 1 >= $4 then 'quarantined' when j.attempts >= $5 then 'failed' else 'available' end,
    failure = case when j.strikes + 1 >= $4 then $6::bytea when j.attempts >= $5 then $7::bytea end,
    finished_at = case when j.strikes + 1 >= $4 or j.attempts >= $5 then clock_timestamp() end,
    run_at = clock_timestamp() + $8, owner = null, lease_until = null
where j.job_id = $1 and j.epoch = $2 and j.state in ('available', 'leased')
  and exists (select from job_attempt a where a.job_id = $1 and a.epoch = $2 and a.incarnation = $3 and a.outcome is distinct from 'worker_died')
returning j.state

-- name: QuarantineStore.NoteDeath
update job_attempt set ended_at = clock_timestamp(), outcome = 'worker_died', detail = $3, evidence = $4 where job_id = $1 and epoch = $2

-- name: QuarantineStore.Rows
with recursive shown as (
    select job_id from job
    where state = 'quarantined' and job_id < $1 and (job_id = $3::bigint or ($3::bigint is null and released_at is null))
    order by job_id desc limit $2),
tries as (
    select job_id as shown_id, job_id as try_id from shown
    union all
    select t.shown_id, j.retry_of from tries t join job j on j.job_id = t.try_id where j.retry_of is not null)
select j.job_id, j.model_sha256, j.model_bytes, j.file_name, j.options, j.engine_version, j.finished_at,
       (select r.job_id from job r where r.retry_of = j.job_id), a.node, a.epoch, a.ended_at, a.evidence
from shown s join job j on j.job_id = s.job_id
left join tries t on t.shown_id = s.job_id
left join job_attempt a on a.job_id = t.try_id and a.outcome = 'worker_died'
order by j.job_id desc, a.ended_at

-- name: QuarantineStore.MarkReleased
update job set released_at = clock_timestamp() where job_id = $1 and state = 'quarantined' and released_at is null

-- name: QuarantineStore.TryAgain
insert into job (model_sha256, model_bytes, file_name, options_key, options, engine_version, deadline_at, strikes, retry_of)
select model_sha256, model_bytes, file_name, options_key, options, engine_version, clock_timestamp() + $2, $3, job_id
from job where job_id = $1
on conflict (model_sha256, options_key, engine_version) where state in ('available', 'leased')
do update set strikes = greatest(job.strikes, excluded.strikes), retry_of = excluded.retry_of

-- name: QuoteStore.Remember
insert into request (partner, operation, request_id, body_sha256, quote_id) values ($1, 'create_quote', $2, $3, $4)
on conflict (partner, operation, request_id) do nothing

-- name: QuoteStore.Recall
select quote_id, body_sha256 from request where partner = $1 and operation = 'create_quote' and request_id = $2

-- name: QuoteStore.InsertWaiting
insert into quote (quote_id, partner, request, request_id, model_sha256, job_id, measurement_cached,
                   price_list_id, price_list_version, state, deadline_at)
values ($1, $2, $3, $4, $5, $8, false, $6, $7, 'measuring', clock_timestamp() + $9)

-- name: QuoteStore.InsertEnded
insert into quote (quote_id, partner, request, request_id, model_sha256, measurement_id, measurement_cached,
                   price_list_id, price_list_version, state, deadline_at, prices, failure, finished_at, expire_at, price_ms)
select $1, $2, $3, $4, $5, m.measurement_id, true, $6, $7, $9, clock_timestamp() + $10, $11::bytea, $12::bytea, clock_timestamp(),
       case when $11::bytea is not null then clock_timestamp() + $13 end, $14
from measurement m
where m.measurement_id = $8 and m.model_sha256 = $5 and m.options_key = $15 and m.engine_version = $16

-- name: QuoteStore.Find
select q.quote_id, q.partner, q.request, q.request_id, q.job_id, q.measurement_cached, q.price_list_id, q.price_list_version,
q.state, q.prices, q.failure, q.created_at, q.deadline_at, q.finished_at, q.expire_at, q.queue_ms, q.measure_ms, q.price_ms, q.revision, m.body from quote q left join measurement m using (measurement_id) where q.partner = $1 and q.quote_id = $2

-- name: QuoteStore.Page
select q.quote_id, q.partner, q.request, q.request_id, q.job_id, q.measurement_cached, q.price_list_id, q.price_list_version,
q.state, q.prices, q.failure, q.created_at, q.deadline_at, q.finished_at, q.expire_at, q.queue_ms, q.measure_ms, q.price_ms, q.revision, null::bytea from quote q
where q.partner = $1 and ($2::timestamptz is null or (q.created_at, q.quote_id) < ($2, $3))
order by q.created_at desc, q.quote_id desc
limit $4

-- name: QuoteStore.Settleable
select q.quote_id, q.request, q.price_list_id, q.price_list_version, j.state, j.failure, m.measurement_id, m.body,
       greatest(0, extract(epoch from coalesce(j.leased_at, j.finished_at) - q.created_at)) * 1000,
       greatest(0, extract(epoch from j.finished_at - greatest(j.leased_at, q.created_at))) * 1000
from quote q
join job j on j.job_id = q.job_id
left join measurement m on j.state = 'completed'
    and m.model_sha256 = j.model_sha256 and m.options_key = j.options_key and m.engine_version = j.engine_version
where q.state = 'measuring' and j.state in ('completed', 'failed', 'cancelled', 'quarantined')
order by q.created_at
limit $1
for update of q skip locked

-- name: QuoteStore.Settle
update quote set state = $2, prices = $3, failure = $4, measurement_id = $5, queue_ms = $6, measure_ms = $7, price_ms = $8,
    finished_at = clock_timestamp(), revision = revision + 1,
    expire_at = case when $3::bytea is not null then clock_timestamp() + $9 end
where quote_id = $1 and state = 'measuring'

-- name: QuoteStore.Cancel
update quote set state = 'cancelled', finished_at = clock_timestamp(), revision = revision + 1
where partner = $1 and quote_id = $2 and state = 'measuring'
returning job_id

-- name: QuoteStore.FailPastDeadline
with past as materialized (
    select quote_id from quote where state = 'measuring' and deadline_at < now()
    order by deadline_at limit $1
    for no key update skip locked)
update quote q set state = 'failed', failure = $2, finished_at = clock_timestamp(), revision = revision + 1
from past p where q.quote_id = p.quote_id
returning q.quote_id, q.job_id

-- name: QuoteStore.WhichEnded
select quote_id from quote where quote_id = any($1) and state <> 'measuring'

-- name: QuoteStore.Standing
select j.state, j.attempts, j.model_bytes, ahead.jobs, ahead.bytes
from quote q join job j on j.job_id = q.job_id
cross join lateral (
    select count(*) as jobs, coalesce(sum(model_bytes), 0)::bigint as bytes from (
        select a.model_bytes from job a
        where j.state = 'available' and a.state = 'available' and a.engine_version = j.engine_version
          and (a.run_at, a.job_id) < (j.run_at, j.job_id)
        limit $2) as counted) as ahead
where q.quote_id = $1

-- name: QuoteStore.ForgetRequests
delete from request where ctid = any (array(
    select ctid from request where created_at < clock_timestamp() - $1::interval limit $2))

-- name: PipelineQueries.Now
select (select count(*) from job where state = 'available'),
       (select count(*) from job where state = 'leased'),
       (select coalesce(extract(epoch from clock_timestamp() - min(run_at)), 0)::double precision from job where state = 'available'),
       (select count(*) from quote where state = 'measuring')

-- name: ModelQueries.FindStoredSize
select size_bytes from model where sha256 = $1

-- name: ModelQueries.Announce
insert into partner_model (partner, sha256, size_bytes, file_name) values ($1, $2, $3, $4)
on conflict (partner, sha256) do update set file_name = excluded.file_name, size_bytes = excluded.size_bytes

-- name: ModelQueries.Store
insert into model (sha256, size_bytes) values ($1, $2) on conflict (sha256) do nothing

-- name: ModelQueries.Find
select p.partner, p.sha256, coalesce(m.size_bytes, p.size_bytes), p.file_name, p.created_at, m.sha256 is not null
from partner_model p left join model m using (sha256)
where p.partner = $1 and p.sha256 = $2

-- name: ModelQueries.StoreChunks
insert into model_chunk (partner, chunk_sha256, model_sha256, offset_bytes, length_bytes)
select distinct on (c.sha256) $1, c.sha256, $2, c.at, c.bytes
from unnest($3::bytea[], $4::bigint[], $5::int[]) c (sha256, at, bytes)
order by c.sha256, c.at
on conflict (partner, chunk_sha256) do update
    set model_sha256 = excluded.model_sha256, offset_bytes = excluded.offset_bytes, length_bytes = excluded.length_bytes

-- name: ModelQueries.FindChunks
select c.chunk_sha256, c.model_sha256, c.offset_bytes, c.length_bytes
from model_chunk c join partner_model p on p.partner = c.partner and p.sha256 = c.model_sha256
where c.partner = $1 and c.chunk_sha256 = any ($2)

-- name: ModelQueries.ForgetChunk
delete from model_chunk where partner = $1 and chunk_sha256 = $2 and model_sha256 = $3

-- name: PriceListStore.FindActive
select list_id, version from price_list
where state = 'published' and effective_at <= clock_timestamp()
order by effective_at desc, version desc limit 1

-- name: PriceListStore.FindActiveAndNext
select list_id, version,
       (select min(later.effective_at) - statement_timestamp() from price_list later
        where later.state = 'published' and later.effective_at > statement_timestamp())
from price_list
where state = 'published' and effective_at <= statement_timestamp()
order by effective_at desc, version desc limit 1

-- name: PriceListStore.FindDocument
select document from price_list where list_id = $1 and version = $2

-- name: PriceListStore.FindActiveOf
select p.list_id, p.version, p.document, p.sha256,
case when p.state = 'published' and exists (
    select from price_list later
    where later.list_id = p.list_id and later.state = 'published' and later.effective_at <= now()
      and (later.effective_at, later.version) > (p.effective_at, p.version)) then 'retired' else p.state end,
p.based_on, p.created_at, p.effective_at, p.revision from price_list p
where p.list_id = $1 and p.state = 'published' and p.effective_at <= clock_timestamp()
order by p.effective_at desc, p.version desc limit 1

-- name: PriceListStore.Page
select p.list_id, p.version, p.document, p.sha256,
case when p.state = 'published' and exists (
    select from price_list later
    where later.list_id = p.list_id and later.state = 'published' and later.effective_at <= now()
      and (later.effective_at, later.version) > (p.effective_at, p.version)) then 'retired' else p.state end,
p.based_on, p.created_at, p.effective_at, p.revision from price_list p
where $1::timestamptz is null or (p.created_at, p.list_id, p.version) < ($1, $2, $3)
order by p.created_at desc, p.list_id desc, p.version desc
limit $4

-- name: PriceListStore.Insert
insert into price_list (list_id, version, document, sha256, based_on) values ($1, $2, $3, $4, $5)
on conflict (list_id, version) do nothing

-- name: PriceListStore.ImportFirst
insert into price_list (list_id, version, document, sha256, state, effective_at)
select $1, $2, $3, $4, 'published', clock_timestamp()
where not exists (select from price_list where state = 'published')
on conflict (list_id, version) do nothing

-- name: PriceListStore.Publish
update price_list set state = 'published', effective_at = greatest(clock_timestamp(), $3::timestamptz), revision = revision + 1
where list_id = $1 and version = $2 and state = 'draft' and ($4::int is null or revision = $4)
