using Grpc.Core;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Scheduling;
using Pricing.Node.V1;
using Result = Pricing.Node.V1.CompleteJobResponse.Types.Result;

namespace Pricing.Coordinator.Nodes;

/// <summary>The nodes' door: a stream of work, and answers that any coordinator takes.</summary>
public sealed class NodeService(
    NodeRegistry nodes, NodeSessions sessions, SchedulerLoop scheduler, JobStore jobs, QuarantineStore quarantine, JobSignals signals, PipelineCounters counters, ILogger<NodeService> log)
    : Node.V1.NodeService.NodeServiceBase
{
    const int DigestBytes = 32;

    public override Task Work(IAsyncStreamReader<WorkRequest> requestStream, IServerStreamWriter<WorkResponse> responseStream, ServerCallContext context) =>
        sessions.ServeAsync(requestStream, responseStream, context.CancellationToken);

    /// <summary>
    /// Idempotent: the same answer twice is applied once. Fenced by epoch and incarnation: an answer to a lease that has passed on
    /// changes nothing.
    /// </summary>
    public override async Task<CompleteJobResponse> CompleteJob(CompleteJobRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var incarnation = ParseIncarnation(request.Incarnation, "incarnation");
        if (request.Epoch < 1)
            throw RefusalException.Invalid("EPOCH_INVALID", "An epoch begins at 1.", "epoch", "1", $"{request.Epoch}");
        var lease = new LeaseId(request.JobId, request.Epoch);
        var key = await jobs.ReadKeyAsync(request.JobId, cancel)
            ?? throw RefusalException.NotFound("JOB_NOT_FOUND", "There is no such job.", "job_id", $"{request.JobId}");
        Completion completion;
        switch (request.OutcomeCase)
        {
            case CompleteJobRequest.OutcomeOneofCase.Measurement:
                CheckMeasures(request.Measurement, key);
                completion = await jobs.CompleteAsync(lease, incarnation, key, request.Measurement, cancel);
                break;
            case CompleteJobRequest.OutcomeOneofCase.Failure:
                if (request.Failure.Reason.Length == 0)
                    throw RefusalException.Invalid("REASON_MISSING", "A failure says why.", "failure.reason");
                completion = await jobs.FailAsync(lease, incarnation, request.Failure, cancel);
                break;
            case CompleteJobRequest.OutcomeOneofCase.WorkerDeath:
                return new CompleteJobResponse { Result = await StrikeAsync(lease, incarnation, request.WorkerDeath, cancel) };
            default:
                throw RefusalException.Invalid("OUTCOME_MISSING", "An answer is a measurement, a failure or a death.", "outcome");
        }
        await NoteAsync(completion, lease, incarnation, request.OutcomeCase is CompleteJobRequest.OutcomeOneofCase.Measurement);
        return new CompleteJobResponse { Result = ToResult(completion) };
    }

    async ValueTask NoteAsync(Completion completion, LeaseId lease, Guid incarnation, bool measured)
    {
        var took = await EndHereAsync(lease, incarnation);
        if (completion is Completion.Applied)
        {
            if (measured)
                counters.JobDone();
            else
                counters.JobFailed();
            if (took is { } t)
                counters.Observe(t.Bytes, t.Time);
            signals.Ended(lease.JobId);
        }
        else if (completion is Completion.StaleEpoch)
        {
            counters.StaleEpochRefused();
            log.LogWarning("Answer to job {JobId} with stale epoch {Epoch} refused", lease.JobId, lease.Epoch);
        }
    }

    /// <summary>If the lease came by this coordinator its bytes stop, and the scheduler forgets it.</summary>
    async ValueTask<(long Bytes, TimeSpan Time)?> EndHereAsync(LeaseId lease, Guid incarnation)
    {
        if (nodes.Find(incarnation) is not { } session || session.Completed(lease) is not { } took)
            return null;
        await scheduler.PostAsync(SchedulerEvent.AnswerTaken(session.Stream, lease), CancellationToken.None);
        return took;
    }

    async Task<Result> StrikeAsync(LeaseId lease, Guid incarnation, WorkerDeath death, CancellationToken cancel)
    {
        if (death.Reason is not ("WORKER_DIED" or "WORKER_MEMORY" or "WORKER_TIME"))
            throw RefusalException.Invalid("REASON_UNKNOWN", "A worker died, or was ended for its memory or its time.", "worker_death.reason", "", ResourceNames.Shown(death.Reason));
        if (death.CalculateSize() is var size and > Limits.Job.EvidenceBytesMax)
        {
            throw RefusalException.Invalid("EVIDENCE_TOO_LARGE", "Evidence is short.", "worker_death",
                $"{Limits.Job.EvidenceBytesMax} bytes", $"{size} bytes");
        }
        var (completion, state) = await quarantine.StrikeAsync(lease, incarnation, death, cancel);
        await EndHereAsync(lease, incarnation);
        if (completion is not Completion.Applied)
            return ToResult(completion);
        counters.WorkerDied();
        log.LogError("Job {JobId} epoch {Epoch} ended a worker ({Reason}, exit {ExitCode}, {RssBytes} bytes resident) and is {State} now",
            lease.JobId, lease.Epoch, death.Reason, death.ExitCode, death.RssBytes, state);
        if (state == "available")
        {
            signals.WorkMayMatch.Ring();
            return Result.Applied;
        }
        if (state == "quarantined")
            counters.JobQuarantined();
        counters.JobFailed();
        signals.Ended(lease.JobId);
        return Result.Applied;
    }

    static void CheckMeasures(Quoting.V1.Measurement measurement, MeasureKey key)
    {
        var sha256 = Convert.ToHexStringLower(key.ModelSha256);
        if (measurement.ModelSha256 != sha256)
            throw Mismatch("measurement.model_sha256", sha256, ResourceNames.Shown(measurement.ModelSha256));
        if (measurement.EngineVersion != key.EngineVersion)
            throw Mismatch("measurement.engine_version", $"{key.EngineVersion}", $"{measurement.EngineVersion}");
        if (measurement.Digest.Length != DigestBytes)
            throw Mismatch("measurement.digest", $"{DigestBytes} bytes", $"{measurement.Digest.Length} bytes");
    }

    static RefusalException Mismatch(string field, string limit, string actual) =>
        RefusalException.Invalid("MEASUREMENT_MISMATCH", "The measurement is not of this job.", field, limit, actual);

    internal static Guid ParseIncarnation(string incarnation, string field) =>
        Guid.TryParse(incarnation, out var id)
            ? id
            : throw RefusalException.Invalid("INCARNATION_INVALID", "An incarnation is a UUID.", field, "a UUID", ResourceNames.Shown(incarnation));

    static Result ToResult(Completion completion) => completion switch
    {
        Completion.Applied => Result.Applied,
        Completion.AlreadyApplied => Result.AlreadyApplied,
        Completion.StaleEpoch => Result.StaleEpoch,
        _ => Result.Terminal,
    };
}
