using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Node.V1;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Servers;

/// <summary>A job as a node received it: every byte.</summary>
public sealed record ReceivedJob(Assign Assign, byte[] Bytes);

/// <summary>
/// A client of the node protocol that a test drives by hand: it takes jobs, checks and acknowledges bytes, and answers when and what the
/// test says. The figures it sends are made of the bytes it got, not measured.
/// </summary>
public sealed class ScriptedNode : IAsyncDisposable
{
    readonly NodeService.NodeServiceClient _client;
    readonly AsyncDuplexStreamingCall<WorkRequest, WorkResponse> _call;
    readonly SemaphoreSlim _writing = new(1);
    readonly ConcurrentDictionary<long, (Assign Assign, MemoryStream Bytes)> _open = new();
    readonly Channel<Assign> _assigns = Channel.CreateUnbounded<Assign>();
    readonly Channel<ReceivedJob> _jobs = Channel.CreateUnbounded<ReceivedJob>();
    readonly Channel<Cancel> _cancels = Channel.CreateUnbounded<Cancel>();
    readonly TaskCompletionSource<Welcome> _welcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Task<RpcException?> _reading;

    ScriptedNode(NodeService.NodeServiceClient client, bool acknowledges)
    {
        _client = client;
        _call = client.Work();
        _reading = ReadAsync(acknowledges);
    }

    public Guid Incarnation { get; } = Guid.NewGuid();
    public Task Drained => _drained.Task;

    /// <summary>The stream's end: its refusal, or null when it ended well.</summary>
    public Task<RpcException?> Ended => _reading;

    public static async Task<ScriptedNode> ConnectAsync(CoordinatorServer server, uint credits, uint engineVersion = 1, bool acknowledges = true, string name = "scripted",
        string[]? lanes = null, bool keepsModels = false)
    {
        var node = new ScriptedNode(server.Nodes, acknowledges);
        await node.SendAsync(new WorkRequest { Hello = new Hello { Node = name, Incarnation = node.Incarnation.ToString("D"), EngineVersion = engineVersion, Cores = 1, Lanes = { lanes ?? [] }, KeepsModels = keepsModels } });
        await node._welcome.Task;
        if (credits > 0)
            await node.CreditAsync(credits);
        return node;
    }

    public Task CreditAsync(uint jobs) => SendAsync(new WorkRequest { Credit = new Credit { Jobs = jobs } });

    public Task ReleaseAsync(Assign assign, string reason = "the script says so") =>
        SendAsync(new WorkRequest { Release = new Release { JobId = assign.JobId, Epoch = assign.Epoch, Reason = reason } });

    public Task ProgressAsync(Assign assign, long bytesDone) =>
        SendAsync(new WorkRequest { Progress = new Progress { JobId = assign.JobId, Epoch = assign.Epoch, BytesDone = bytesDone } });

    public Task AcknowledgeAsync(Assign assign, long offset) =>
        SendAsync(Acknowledgement(assign, offset));

    public ValueTask<Assign> NextAssignAsync(CancellationToken cancel) => _assigns.Reader.ReadAsync(cancel);

    /// <summary>The next job all of whose bytes are here.</summary>
    public ValueTask<ReceivedJob> NextJobAsync(CancellationToken cancel) => _jobs.Reader.ReadAsync(cancel);

    public ValueTask<Cancel> NextCancelAsync(CancellationToken cancel) => _cancels.Reader.ReadAsync(cancel);

    /// <summary>Bytes of an unfinished job that have come so far. Ask only after the stream has been seen to go on behind them.</summary>
    public long BytesOf(Assign assign) => _open[assign.JobId].Bytes.Length;

    /// <summary>Answers a job at any coordinator.</summary>
    public async Task<CompleteJobResponse.Types.Result> CompleteAsync(ReceivedJob job, NodeService.NodeServiceClient? at = null)
    {
        var answer = new CompleteJobRequest { JobId = job.Assign.JobId, Epoch = job.Assign.Epoch, Incarnation = Incarnation.ToString("D"), Measurement = Figures(job) };
        return (await (at ?? _client).CompleteJobAsync(answer)).Result;
    }

    public async Task<CompleteJobResponse.Types.Result> FailAsync(ReceivedJob job, string reason)
    {
        var answer = new CompleteJobRequest
        {
            JobId = job.Assign.JobId,
            Epoch = job.Assign.Epoch,
            Incarnation = Incarnation.ToString("D"),
            Failure = new Failure { Reason = reason, Message = "The model is at fault." },
        };
        return (await _client.CompleteJobAsync(answer)).Result;
    }

    /// <summary>Reports that a worker process died on the job.</summary>
    public async Task<CompleteJobResponse.Types.Result> DieAsync(Assign assign, string reason = "WORKER_DIED")
    {
        var answer = new CompleteJobRequest
        {
            JobId = assign.JobId,
            Epoch = assign.Epoch,
            Incarnation = Incarnation.ToString("D"),
            WorkerDeath = new WorkerDeath { Reason = reason, ExitCode = 137, Signal = 9, ModelSha256 = assign.ModelSha256, BytesConsumed = 1, StderrTail = "last words" },
        };
        return (await _client.CompleteJobAsync(answer)).Result;
    }

    /// <summary>Answers this many jobs and asks for one more after each.</summary>
    public async Task ServeAsync(int count, CancellationToken cancel)
    {
        for (var i = 0; i < count; i++)
        {
            var job = await NextJobAsync(cancel);
            await CompleteAsync(job);
            await CreditAsync(1);
        }
    }

    /// <summary>A cube of 10 mm, whatever the bytes are; hash and length are those of the bytes.</summary>
    public static Measurement Figures(ReceivedJob job) => new()
    {
        ModelSha256 = CoordinatorServer.Sha256(job.Bytes),
        EngineVersion = 1,
        ModelBytes = job.Bytes.Length,
        Format = ModelFormat.StlBinary,
        Unit = LengthUnit.Millimetre,
        Geometry = new Quoting.V1.Geometry
        {
            Triangles = 12,
            Watertight = true,
            Oriented = true,
            VolumeMm3 = 1000,
            VolumeLowMm3 = 1000,
            VolumeHighMm3 = 1000,
            AreaMm2 = 600,
            BboxMinMm = new Vector3(),
            BboxMaxMm = new Vector3 { X = 10, Y = 10, Z = 10 },
            CentroidMm = new Vector3 { X = 5, Y = 5, Z = 5 },
            UpAreaMm2 = 100,
            DownAreaMm2 = 100,
            Verdict = Quoting.V1.Geometry.Types.Verdict.Exact,
        },
        Digest = ByteString.CopyFrom(SHA256.HashData(job.Bytes)),
    };

    /// <summary>Breaks the stream without a word, as a lost node does.</summary>
    public void Kill() => _call.Dispose();

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _reading;
        _writing.Dispose();
    }

    static WorkRequest Acknowledgement(Assign assign, long offset) =>
        new() { ChunkAck = new ChunkAck { JobId = assign.JobId, Epoch = assign.Epoch, Offset = offset } };

    /// <summary>When the stream has ended there is nobody to reply to; reading on says how it ended.</summary>
    async Task ReplyAsync(WorkRequest message)
    {
        try
        {
            await SendAsync(message);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
        {
            await TestContext.Out.WriteLineAsync($"The stream took no more: {e.Message}");
        }
    }

    async Task SendAsync(WorkRequest message)
    {
        await _writing.WaitAsync();
        try
        {
            await _call.RequestStream.WriteAsync(message);
        }
        finally
        {
            _writing.Release();
        }
    }

    async Task<RpcException?> ReadAsync(bool acknowledges)
    {
        try
        {
            await foreach (var message in _call.ResponseStream.ReadAllAsync())
                await TakeAsync(message, acknowledges);
            return null;
        }
        catch (RpcException e)
        {
            _welcome.TrySetException(e);
            return e;
        }
        finally
        {
            _assigns.Writer.TryComplete();
            _jobs.Writer.TryComplete();
            _cancels.Writer.TryComplete();
        }
    }

    async Task TakeAsync(WorkResponse message, bool acknowledges)
    {
        switch (message.MessageCase)
        {
            case WorkResponse.MessageOneofCase.Welcome:
                _welcome.TrySetResult(message.Welcome);
                break;
            case WorkResponse.MessageOneofCase.Heartbeat:
                await ReplyAsync(new WorkRequest { Heartbeat = new Pricing.Node.V1.Heartbeat() });
                break;
            case WorkResponse.MessageOneofCase.Assign:
                _open[message.Assign.JobId] = (message.Assign, new MemoryStream());
                _assigns.Writer.TryWrite(message.Assign);
                break;
            case WorkResponse.MessageOneofCase.Chunk:
                await TakeAsync(message.Chunk, acknowledges);
                break;
            case WorkResponse.MessageOneofCase.Cancel:
                _open.TryRemove(message.Cancel.JobId, out _);
                _cancels.Writer.TryWrite(message.Cancel);
                break;
            case WorkResponse.MessageOneofCase.Drain:
                _drained.TrySetResult();
                break;
        }
    }

    async Task TakeAsync(Chunk chunk, bool acknowledges)
    {
        if (!_open.TryGetValue(chunk.JobId, out var job) || chunk.Epoch != job.Assign.Epoch)
            return;
        if (chunk.Offset != job.Bytes.Length)
            throw new InvalidOperationException($"Chunk at {chunk.Offset}, expected {job.Bytes.Length}.");
        chunk.Data.WriteTo(job.Bytes);
        if (acknowledges)
            await ReplyAsync(Acknowledgement(job.Assign, job.Bytes.Length));
        if (chunk.Last)
            _jobs.Writer.TryWrite(new ReceivedJob(job.Assign, job.Bytes.ToArray()));
    }
}
