using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Node.V1;

namespace Pricing.Coordinator.Nodes;

/// <summary>Makes a session of a stream: hears the hello, checks it, registers the node for as long as the stream lives.</summary>
public sealed class NodeSessions(
    NodeRegistry nodes, SchedulerLoop scheduler, JobStore jobs, ModelSender sender, ProgressBoard board, JobSignals signals, IHostApplicationLifetime lifetime,
    CoordinatorOptions options, ILogger<NodeSessions> log)
{
    long _streams;

    public async Task ServeAsync(IAsyncStreamReader<WorkRequest> requests, IServerStreamWriter<WorkResponse> responses, CancellationToken cancel)
    {
        var hello = await HearHelloAsync(requests, cancel);
        var session = new NodeSession(Interlocked.Increment(ref _streams), hello, NodeService.ParseIncarnation(hello.Incarnation, "hello.incarnation"),
            scheduler, jobs, sender, board, signals, options.Time, log);
        nodes.Add(session);
        log.LogInformation("Node {Node} {Incarnation} connected, engine {EngineVersion}, {Cores} cores, {InstructionSet}",
            hello.Node, hello.Incarnation, hello.EngineVersion, hello.Cores, hello.InstructionSet);
        try
        {
            await session.RunAsync(requests, responses, lifetime.ApplicationStopping, cancel);
        }
        finally
        {
            nodes.Remove(session);
            log.LogInformation("Node {Node} {Incarnation} left", hello.Node, hello.Incarnation);
        }
    }

    async Task<Hello> HearHelloAsync(IAsyncStreamReader<WorkRequest> requests, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        patience.CancelAfter(TimeSpan.FromSeconds(Limits.Job.HelloSeconds));
        try
        {
            if (!await requests.MoveNext(patience.Token) || requests.Current.Hello is not { } hello)
                throw RefusalException.Invalid("HELLO_MISSING", "The first message of a node is its hello.", "hello");
            if (hello.Node.Length is 0 or > Limits.Job.NodeNameCharsMax || hello.Node.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            {
                throw RefusalException.Invalid("NODE_NAME_INVALID", "A node has a plain, short name.", "hello.node", $"1 to {Limits.Job.NodeNameCharsMax} characters",
                    $"{hello.Node.Length} characters");
            }
            if (hello.Lanes.FirstOrDefault(lane => !Lanes.TryParse(lane, out _)) is { } unknown)
                throw RefusalException.Invalid("LANE_UNKNOWN", "There is no such lane.", "hello.lanes", "b2b, b2c", ResourceNames.Shown(unknown));
            return hello;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RefusalException(StatusCode.DeadlineExceeded, "HELLO_MISSING", "The node did not say who it is.", "hello", $"{Limits.Job.HelloSeconds} s");
        }
    }
}
