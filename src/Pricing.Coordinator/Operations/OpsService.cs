using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Pricing.Coordinator.Cache;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Nodes;
using Pricing.Ops.V1;

namespace Pricing.Coordinator.Operations;

/// <summary>
/// What operators see of the pipeline. Waiting and running are counted in the database; nodes and totals are this coordinator's own,
/// since it started.
/// </summary>
public sealed class OpsService(PipelineQueries pipeline, NodeRegistry nodes, PipelineCounters counters, TieredCache cache, IHostApplicationLifetime lifetime, TimeProvider time)
    : Ops.V1.OpsService.OpsServiceBase
{
    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context) =>
        Task.FromResult(new ListNodesResponse { Nodes = { nodes.Sessions.OrderBy(s => s.Hello.Node, StringComparer.Ordinal).Select(ToNode) } });

    /// <summary>The node takes nothing new, finishes what it holds and dials another coordinator.</summary>
    public override Task<Ops.V1.Node> DrainNode(DrainNodeRequest request, ServerCallContext context)
    {
        var named = nodes.Sessions.Where(s => $"nodes/{s.Hello.Node}" == request.Name).ToList();
        if (named.Count == 0)
            throw RefusalException.NotFound("NODE_NOT_FOUND", "No such node is connected to this coordinator.", "name", ResourceNames.Shown(request.Name));
        named.ForEach(s => s.Drain());
        return Task.FromResult(ToNode(named[0]));
    }

    public override Task<PipelineStats> GetPipelineStats(GetPipelineStatsRequest request, ServerCallContext context) => StatsAsync(context.CancellationToken);

    public override async Task WatchPipelineStats(WatchPipelineStatsRequest request, IServerStreamWriter<PipelineStats> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Quote.PollMs), time);
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
        LastSeenTime = Timestamp.FromDateTimeOffset(time.GetUtcNow() - session.SinceHeard),
        Lanes = { session.Hello.Lanes },
    };

    static RefusalException NotHere(string what) =>
        new(StatusCode.Unimplemented, "NOT_IMPLEMENTED", $"This version has no {what} yet.");
}
