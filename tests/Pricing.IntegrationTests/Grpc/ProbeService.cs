using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Pricing.IntegrationTests.Grpc.Probing;
using Status = Grpc.Core.Status;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>What a test sees of the calls its server got.</summary>
sealed class ProbeLog
{
    int _attempts;

    public TaskCompletionSource HangEntered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource ServerTokenFired { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Metadata LastRequestHeaders { get; set; } = [];

    public int Attempts => _attempts;

    public int CountAttempt() => Interlocked.Increment(ref _attempts);
}

sealed class ProbeService(ProbeLog log) : Probe.ProbeBase
{
    public const string DetailsTrailer = "grpc-status-details-bin";

    public override async Task<Answer> Echo(Ask request, ServerCallContext context)
    {
        log.LastRequestHeaders = context.RequestHeaders;
        log.CountAttempt();
        if (request.Text == "plain")
            context.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        if (context.RequestHeaders.GetValueBytes("blob-bin") is { } blob)
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "blob-bin", blob }, { "greeting", "hello" } });
            context.ResponseTrailers.Add("blob-bin", blob.Reverse().ToArray());
            context.ResponseTrailers.Add("farewell", "bye");
        }
        return new Answer { Text = request.Text.ToUpperInvariant(), Number = request.Number, Payload = request.Payload };
    }

    public override async Task<Answer> Sum(IAsyncStreamReader<Ask> requestStream, ServerCallContext context)
    {
        var sum = 0L;
        await foreach (var ask in requestStream.ReadAllAsync(context.CancellationToken))
            sum += ask.Number;
        return new Answer { Number = sum };
    }

    public override async Task Count(Ask request, IServerStreamWriter<Answer> responseStream, ServerCallContext context)
    {
        for (var i = 1; i <= request.Number; i++)
            await responseStream.WriteAsync(new Answer { Number = i }, context.CancellationToken);
    }

    public override async Task Chat(
        IAsyncStreamReader<Ask> requestStream, IServerStreamWriter<Answer> responseStream, ServerCallContext context)
    {
        await foreach (var ask in requestStream.ReadAllAsync(context.CancellationToken))
            await responseStream.WriteAsync(new Answer { Number = ask.Number * 2 }, context.CancellationToken);
    }

    public override Task<Answer> Fail(Ask request, ServerCallContext context)
    {
        log.LastRequestHeaders = context.RequestHeaders;
        var attempt = log.CountAttempt();
        switch (request.Text)
        {
            case "rich":
                throw RichFailure();
            case "unavailable until":
                if (attempt < request.Number)
                    throw new RpcException(new Status(StatusCode.Unavailable, $"attempt {attempt}"));
                return Task.FromResult(new Answer { Number = attempt });
            case "status property":
                context.Status = new Status(StatusCode.FailedPrecondition, "set, not thrown");
                return Task.FromResult(new Answer());
            default:
                throw new InvalidOperationException(request.Text);
        }
    }

    public override async Task<Answer> Hang(Ask request, ServerCallContext context)
    {
        await HangAsync(context.CancellationToken);
        return new Answer();
    }

    public override async Task HangAfterFirst(Ask request, IServerStreamWriter<Answer> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new Answer { Number = 1 });
        await HangAsync(context.CancellationToken);
    }

    async Task HangAsync(CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(ended.SetResult);
        log.HangEntered.TrySetResult();
        await ended.Task;
        log.ServerTokenFired.TrySetResult();
        cancellationToken.ThrowIfCancellationRequested();
    }

    static RpcException RichFailure()
    {
        var status = new global::Google.Rpc.Status
        {
            Code = (int)Code.InvalidArgument,
            Message = "too thin",
            Details =
            {
                Any.Pack(new ErrorInfo
                {
                    // Field 1 is called reason since 2020; the generated class of this package version still says type.
                    Type = "WALL_TOO_THIN",
                    Domain = "probe",
                    Metadata = { ["limit_mm"] = "0.8", ["actual_mm"] = "0.3" },
                }),
            },
        };
        var trailers = new Metadata { { DetailsTrailer, status.ToByteArray() } };
        return new RpcException(new Status(StatusCode.InvalidArgument, status.Message), trailers);
    }
}
