using System.Net;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.IntegrationTests.Models;
using Pricing.Node.V1;

namespace Pricing.IntegrationTests.Node;

/// <summary>
/// A peer that speaks the real NodeService over real gRPC and does what the test says: the streams nodes open and the answers they send
/// come out of it in order; every wait has an end.
/// </summary>
sealed class ScriptedCoordinator : NodeService.NodeServiceBase, IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly Channel<ScriptedStream> _streams = Channel.CreateUnbounded<ScriptedStream>();
    readonly Channel<CompleteJobRequest> _answers = Channel.CreateUnbounded<CompleteJobRequest>();
    WebApplication _app = null!;

    public Uri Address { get; private set; } = null!;

    /// <summary>What CompleteJob answers; may throw an RpcException.</summary>
    public Func<CompleteJobRequest, CompleteJobResponse.Types.Result> Reply { get; set; } = _ => CompleteJobResponse.Types.Result.Applied;

    public static async Task<ScriptedCoordinator> StartAsync(int port = 0)
    {
        var coordinator = new ScriptedCoordinator();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(coordinator);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        coordinator._app = builder.Build();
        coordinator._app.MapGrpcService<ScriptedCoordinator>();
        await coordinator._app.StartAsync();
        coordinator.Address = new Uri(coordinator._app.Urls.Single());
        return coordinator;
    }

    public Task<ScriptedStream> NextStreamAsync() => _streams.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>The next stream, greeted: its Hello and first credits have been read.</summary>
    public async Task<ScriptedStream> WelcomeAsync(long windowBytes = Limits.Wire.WindowBytes, int heartbeatMs = Limits.Wire.HeartbeatMs)
    {
        var stream = await NextStreamAsync();
        await stream.WelcomeAsync(windowBytes, heartbeatMs);
        return stream;
    }

    public Task<CompleteJobRequest> NextAnswerAsync() => _answers.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public bool HasAnswer => _answers.Reader.TryPeek(out _);

    public override async Task Work(
        IAsyncStreamReader<WorkRequest> requestStream, IServerStreamWriter<WorkResponse> responseStream, ServerCallContext context)
    {
        var stream = new ScriptedStream(responseStream);
        await _streams.Writer.WriteAsync(stream, context.CancellationToken);
        await stream.LiveAsync(requestStream, context.CancellationToken);
    }

    public override Task<CompleteJobResponse> CompleteJob(CompleteJobRequest request, ServerCallContext context)
    {
        var result = Reply(request);
        _answers.Writer.TryWrite(request);
        return Task.FromResult(new CompleteJobResponse { Result = result });
    }

    /// <summary>Ends all connections without a word, as a killed process does.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}

/// <summary>One node's stream, from the coordinator's side.</summary>
sealed class ScriptedStream(IServerStreamWriter<WorkResponse> responses)
{
    readonly Channel<WorkRequest> _requests = Channel.CreateUnbounded<WorkRequest>();
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Hello Hello { get; private set; } = null!;

    /// <summary>Jobs the node may be given: all its credits so far.</summary>
    public int Credits { get; private set; }

    /// <summary>Ends when the node has closed its half, or the connection is gone.</summary>
    public Task Ended => _ended.Task.WaitAsync(ScriptedCoordinator.Patience);

    public async Task LiveAsync(IAsyncStreamReader<WorkRequest> requests, CancellationToken gone)
    {
        try
        {
            await foreach (var request in requests.ReadAllAsync(gone))
                await _requests.Writer.WriteAsync(request, gone);
        }
        catch (Exception lost) when (lost is IOException or OperationCanceledException)
        {
            // The other side's way of ending.
        }
        finally
        {
            _requests.Writer.TryComplete();
            _ended.TrySetResult();
        }
    }

    public async Task WelcomeAsync(long windowBytes, int heartbeatMs)
    {
        Hello = (await NextAsync(WorkRequest.MessageOneofCase.Hello)).Hello;
        await SendAsync(new WorkResponse
        {
            Welcome = new Welcome
            {
                HeartbeatInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(heartbeatMs)),
                Lease = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(Limits.Job.LeaseMs)),
                WindowBytes = windowBytes,
            },
        });
        await NextAsync(WorkRequest.MessageOneofCase.Credit);
    }

    public Task SendAsync(WorkResponse response) => responses.WriteAsync(response);

    /// <summary>The next message of a kind; others are passed over (heartbeats, progress).</summary>
    public async Task<WorkRequest> NextAsync(WorkRequest.MessageOneofCase kind)
    {
        while (true)
        {
            var request = await _requests.Reader.ReadAsync().AsTask().WaitAsync(ScriptedCoordinator.Patience);
            if (request.MessageCase == WorkRequest.MessageOneofCase.Credit)
                Credits += (int)request.Credit.Jobs;
            if (request.MessageCase == kind)
                return request;
        }
    }

    public async Task<Assign> AssignAsync(long jobId, int epoch, byte[] model, string fileName = "part.stl")
    {
        var assign = new Assign
        {
            JobId = jobId,
            Epoch = epoch,
            ModelSha256 = GeneratedModel.Sha256(model),
            ModelBytes = model.Length,
            FileName = fileName,
            Options = new Quoting.V1.MeasureOptions { Scale = 1 },
            TimeLeft = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
        };
        await SendAsync(new WorkResponse { Assign = assign });
        return assign;
    }

    public Task ChunkAsync(Assign assign, byte[] model, int offset, int count) => SendAsync(new WorkResponse
    {
        Chunk = new Chunk
        {
            JobId = assign.JobId,
            Epoch = assign.Epoch,
            Offset = offset,
            Data = ByteString.CopyFrom(model, offset, count),
            Last = offset + count == model.Length,
        },
    });

    /// <summary>Sends bytes [from, to) keeping at most a window unacknowledged; answers the largest amount that ever was.</summary>
    public async Task<long> StreamAsync(Assign assign, byte[] model, long windowBytes, int from = 0, int? to = null)
    {
        long acknowledged = from;
        long most = 0;
        var end = to ?? model.Length;
        for (var offset = from; offset < end;)
        {
            var count = Math.Min(Limits.Wire.ChunkBytes, end - offset);
            while (offset + count - acknowledged > windowBytes)
            {
                var ack = (await NextAsync(WorkRequest.MessageOneofCase.ChunkAck)).ChunkAck;
                if (ack.Offset < acknowledged || ack.Offset > offset)
                    throw new InvalidOperationException($"An acknowledgement of {ack.Offset} after {acknowledged}, {offset} sent.");
                acknowledged = ack.Offset;
            }
            await ChunkAsync(assign, model, offset, count);
            offset += count;
            most = Math.Max(most, offset - acknowledged);
        }
        return most;
    }
}
