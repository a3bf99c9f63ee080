using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Models;
using Pricing.Coordinator.Scheduling;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// Measures a model on an idle node while its upload is still coming. It is an ordinary job of the same key, born leased to that node, so a quote
/// that follows joins it or finds its measurement; when anything goes wrong it is cancelled as a job nobody waits for, and the quote's own job takes
/// the usual way. The node checks the hash as always: bytes that are not what was announced give no measurement.
/// </summary>
public sealed class AheadMeasuring(
    NpgsqlDataSource source, NodeRegistry nodes, SchedulerLoop scheduler, ModelSender sender, CoordinatorOptions options, ILogger<AheadMeasuring> log) : IAheadMeasuring
{
    // Known by its hash and size before its bytes are stored, so that its job can speak of it.
    const string KnowModel = "insert into model (sha256, size_bytes, stored) values ($1, $2, false) on conflict (sha256) do nothing";

    const string Lease = """
        with leased as (
            update job set state = 'leased', epoch = epoch + 1, attempts = attempts + 1, owner = $2, leased_at = clock_timestamp(), lease_until = clock_timestamp() + $4
            where job_id = $1 and state = 'available'
            returning job_id, epoch, owner, lane, cost),
        noted as (
            insert into job_attempt (job_id, epoch, node, incarnation) select job_id, epoch, $3, owner from leased)
        select lane, cost from leased
        """;

    /// <summary>Null when no node is idle, or the measurement is known or under way.</summary>
    public async Task<IAheadRun?> BeginAsync(string partner, byte[] sha256, long bytes, string fileName, IModelUpload upload, CancellationToken cancel)
    {
        var session = nodes.Sessions.Where(node => node.FreeCredits > 0 && node.JobsHeld == 0 && node.Hello.EngineVersion == options.EngineVersion
                // Whose lane it will be is known only when the job is made.
                && Lanes.DedicatedTo(node.Hello.Lanes) is null)
            .MaxBy(node => node.FreeCredits);
        if (session is null)
            return null;
        try
        {
            var asked = MeasurementStore.Normalise(null);
            var key = new MeasureKey(sha256, MeasurementStore.OptionsKey(asked), options.EngineVersion);
            var order = new JobOrder(key, bytes, fileName, asked, options.QuoteDeadline, partner);
            var sentAtMs = SchedulerLoop.NowMs;
            var begun = await source.InTransactionAsync(transaction => BeginAsync(transaction, order, session, cancel), cancel);
            if (begun is not var (id, lane, cost))
                return null;
            var reader = upload.TryRead();
            var lease = new Lease(id, 1, session.Incarnation, 1, sha256, bytes, fileName, asked.ToByteArray(), options.QuoteDeadline, lane, cost);
            if (reader is null)
            {
                // Not given up by the caller's cancellation: the row is there.
                await sender.WithdrawAsync(id);
                return null;
            }
            sender.ReadAlong(id, new AlongReader(reader, options));
            // When the node has left meanwhile the scheduler gives the lease back, and the job goes the usual way.
            await scheduler.PostAsync(SchedulerEvent.LeaseBorn(session.Stream, lease, sentAtMs), CancellationToken.None);
            log.LogInformation("Job {JobId}: {Bytes} bytes are measured while they come", id, bytes);
            return new Ahead(sender, scheduler, id);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException && !cancel.IsCancellationRequested)
        {
            // Only an attempt to be early; the upload goes on.
            log.LogWarning("Measuring ahead was left out: {Why}", e.Message);
            return null;
        }
    }

    static async Task<(long JobId, Lane Lane, long Cost)?> BeginAsync(NpgsqlTransaction transaction, JobOrder order, NodeSession session, CancellationToken cancel)
    {
        await transaction.Command(KnowModel, order.Key.ModelSha256, order.ModelBytes).RunAsync(cancel);
        if (await MeasurementStore.FindAsync(transaction, order.Key, cancel) is not null)
            return null;
        var (jobId, isNew) = await JobStore.EnqueueOrJoinAsync(transaction, order, cancel);
        if (!isNew)
            return null;
        // In the transaction that makes it: nobody else ever sees it waiting.
        var leased = await transaction.Command(Lease, jobId, session.Incarnation, session.Hello.Node, TimeSpan.FromMilliseconds(Limits.Job.LeaseMs))
            .ReadAllAsync(r => (jobId, Lanes.Parse(r.GetString(0)), r.GetInt64(1)), cancel);
        return leased[0];
    }

    sealed class Ahead(ModelSender sender, SchedulerLoop scheduler, long jobId) : IAheadRun
    {
        public async Task GiveUpAsync()
        {
            if (await sender.WithdrawAsync(jobId))
                await scheduler.PostAsync(SchedulerEvent.JobEnded(jobId, "UPLOAD_ENDED"), CancellationToken.None);
        }
    }
}
