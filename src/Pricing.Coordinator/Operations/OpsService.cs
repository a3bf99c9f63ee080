using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Pricing.Coordinator.Cache;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Nodes;
using Pricing.Node.V1;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Operations;

/// <summary>
/// What operators see of the pipeline. Waiting and running are counted in the database; nodes and totals are this coordinator's own,
/// since it started.
/// </summary>
public sealed class OpsService(
    PipelineQueries pipeline, QuarantineStore quarantine, PartnerDesk partners, NodeRegistry nodes, PipelineCounters counters, TieredCache cache, JobSignals signals,
    IHostApplicationLifetime lifetime, CoordinatorOptions options)
    : Ops.V1.OpsService.OpsServiceBase
{
    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context) =>
        Task.FromResult(new ListNodesResponse { Nodes = { nodes.Sessions.OrderBy(s => s.Hello.Node, StringComparer.Ordinal).Select(ToNode) } });

    /// <summary>The node takes nothing new, finishes what it holds and dials another coordinator.</summary>
    public override async Task<Ops.V1.Node> DrainNode(DrainNodeRequest request, ServerCallContext context)
    {
        var named = nodes.Sessions.Where(s => $"nodes/{s.Hello.Node}" == request.Name).ToList();
        if (named.Count == 0)
            throw RefusalException.NotFound("NODE_NOT_FOUND", "No such node is connected to this coordinator.", "name", ResourceNames.Shown(request.Name));
        foreach (var session in named)
            await session.BeginDrainAsync(context.CancellationToken);
        return ToNode(named[0]);
    }

    public override Task<PipelineStats> GetPipelineStats(GetPipelineStatsRequest request, ServerCallContext context) => StatsAsync(context.CancellationToken);

    public override async Task WatchPipelineStats(WatchPipelineStatsRequest request, IServerStreamWriter<PipelineStats> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Quote.PollMs), options.Time);
        do
        {
            await responseStream.WriteAsync(await StatsAsync(ending.Token), ending.Token);
        }
        while (await timer.WaitForNextTickAsync(ending.Token));
    }

    public override Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context) => throw NotHere("dead letters");

    public override Task RedriveDeadLetters(
        RedriveDeadLettersRequest request, IServerStreamWriter<RedriveDeadLettersResponse> responseStream, ServerCallContext context) => throw NotHere("dead letters");

    public override Task<ListStuckOrdersResponse> ListStuckOrders(ListStuckOrdersRequest request, ServerCallContext context) => throw NotHere("orders");

    public override async Task<ListQuarantinedJobsResponse> ListQuarantinedJobs(ListQuarantinedJobsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > Limits.Quote.PageSizeMax)
        {
            throw RefusalException.Invalid("PAGE_SIZE_OUT_OF_RANGE", "A page holds a bounded number of jobs.", "page_size",
                $"0 to {Limits.Quote.PageSizeMax}", $"{request.PageSize}");
        }
        var below = long.MaxValue;
        if (request.PageToken.Length > 0 && !(long.TryParse(request.PageToken, NumberStyles.None, CultureInfo.InvariantCulture, out below) && below > 0))
            throw RefusalException.Invalid("PAGE_TOKEN_INVALID", "This page token was not given out here.", "page_token", "", ResourceNames.Shown(request.PageToken));
        var size = request.PageSize == 0 ? Limits.Quote.PageSizeDefault : request.PageSize;
        var rows = await quarantine.ReadPageAsync(below, size, context.CancellationToken);
        return new ListQuarantinedJobsResponse
        {
            Jobs = { rows.Select(ToJob) },
            NextPageToken = rows.Count == size ? rows[^1].JobId.ToString(CultureInfo.InvariantCulture) : "",
        };
    }

    public override async Task<QuarantinedJob> ReleaseQuarantinedJob(ReleaseQuarantinedJobRequest request, ServerCallContext context)
    {
        if (request.Name.Split('/') is not ["jobs", var id] || !long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var jobId))
            throw RefusalException.Invalid("NAME_INVALID", "'name' must look like jobs/{job}.", "name", "jobs/{job}", ResourceNames.Shown(request.Name));
        var row = await quarantine.ReleaseAsync(jobId, options.QuoteDeadline, context.CancellationToken)
            ?? throw RefusalException.NotFound("JOB_NOT_QUARANTINED", "No such job is in quarantine.", "name", ResourceNames.Shown(request.Name));
        signals.WorkMayMatch.Ring();
        return ToJob(row);
    }

    public override Task<ListPartnerTermsResponse> ListPartnerTerms(ListPartnerTermsRequest request, ServerCallContext context) =>
        partners.ListAsync(request, context.CancellationToken);

    public override Task<Ops.V1.PartnerTerms> UpdatePartnerTerms(UpdatePartnerTermsRequest request, ServerCallContext context) =>
        partners.UpdateAsync(request, context.CancellationToken);

    async Task<PipelineStats> StatsAsync(CancellationToken cancel)
    {
        var now = await pipeline.ReadAsync(cancel);
        return new PipelineStats
        {
            JobsAvailable = now.JobsAvailable,
            JobsLeased = now.JobsLeased,
            OldestAvailableS = Math.Max(0, now.OldestAvailableS),
            QuotesMeasuring = now.QuotesMeasuring,
            JobsDone = counters.JobsDone,
            JobsFailed = counters.JobsFailed,
            LeasesExpired = counters.LeasesExpired,
            StaleEpochsRefused = counters.StaleEpochsRefused,
            CacheHits = counters.CacheHits,
            CacheMisses = counters.CacheMisses,
            WorkerDeaths = counters.WorkerDeaths,
            JobsQuarantined = counters.JobsQuarantined,
            Cache = ToStats(cache),
        };
    }

    static CacheStats ToStats(TieredCache cache) => new()
    {
        MemoryHits = cache.Counters.MemoryHits,
        MemoryMisses = cache.Counters.MemoryMisses,
        RedisHits = cache.Counters.SharedHits,
        RedisMisses = cache.Counters.SharedMisses,
        RedisCorrupt = cache.Counters.SharedCorrupt,
        RedisFailures = cache.Counters.SharedFailures,
        RedisSkipped = cache.Counters.SharedSkipped,
        Loads = cache.Counters.Loads,
        Joined = cache.Counters.Joined,
        Evictions = cache.Memory.Evictions,
        MemoryBytes = cache.Memory.Bytes,
        MemoryEntries = cache.Memory.Count,
        RedisConfigured = cache.Shared is not null,
        RedisBreakerOpen = cache.Shared?.IsBreakerOpen ?? false,
    };

    Ops.V1.Node ToNode(NodeSession session) => new()
    {
        Name = $"nodes/{session.Hello.Node}",
        Incarnation = session.Incarnation.ToString("D"),
        State = session.IsDraining ? Ops.V1.Node.Types.State.Draining : Ops.V1.Node.Types.State.Active,
        EngineVersion = session.Hello.EngineVersion,
        InstructionSet = session.Hello.InstructionSet,
        Cores = session.Hello.Cores,
        JobsHeld = (uint)session.JobsHeld,
        Credits = (uint)session.FreeCredits,
        JobsDone = session.JobsDone,
        LastSeenTime = Timestamp.FromDateTimeOffset(options.Time.GetUtcNow() - session.SinceHeard),
        Lanes = { session.Hello.Lanes },
    };

    static QuarantinedJob ToJob(QuarantinedRow row) => new()
    {
        Name = JobName(row.JobId),
        ModelSha256 = Convert.ToHexStringLower(row.ModelSha256),
        ModelBytes = row.ModelBytes,
        FileName = row.FileName,
        Options = MeasureOptions.Parser.ParseFrom(row.Options),
        EngineVersion = (uint)row.EngineVersion,
        QuarantineTime = Timestamp.FromDateTime(row.At),
        ReleasedAs = row.RetriedAs is { } retry ? JobName(retry) : "",
        Deaths =
        {
            row.Deaths.Select(death => new QuarantinedJob.Types.Death
            {
                Node = $"nodes/{death.Node}",
                Epoch = death.Epoch,
                Time = Timestamp.FromDateTime(death.At),
                Evidence = WorkerDeath.Parser.ParseFrom(death.Evidence),
            }),
        },
    };

    static string JobName(long jobId) => string.Create(CultureInfo.InvariantCulture, $"jobs/{jobId}");

    static RefusalException NotHere(string what) =>
        new(StatusCode.Unimplemented, "NOT_IMPLEMENTED", $"This version has no {what} yet.");
}
