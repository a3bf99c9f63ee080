using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Pricing.Client;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Chaos;

/// <summary>A coordinator as one client reaches it: through the client's edge.</summary>
sealed class Door : IDisposable
{
    readonly GrpcChannel _channel;

    public Door(string name, int port)
    {
        Name = name;
        _channel = GrpcChannel.ForAddress(new Uri($"http://127.0.0.1:{port}"), new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(Limits.Client.ConnectSeconds),
                // A half-open connection is noticed by its silence.
                KeepAlivePingDelay = TimeSpan.FromSeconds(Limits.Chaos.PingSeconds),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(Limits.Chaos.PingSeconds),
                EnableMultipleHttp2Connections = true,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = Limits.Wire.MessageBytesMax,
            // The channel's own pauses between dials grow to two minutes by default: recovery would measure them, not the platform.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(Limits.Chaos.PulseMs),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(Limits.Chaos.RetryPauseMs),
        });
        Quotes = new QuoteService.QuoteServiceClient(_channel);
        Models = new ModelService.ModelServiceClient(_channel);
        Prices = new PriceService.PriceServiceClient(_channel);
    }

    public string Name { get; }
    public QuoteService.QuoteServiceClient Quotes { get; }
    public ModelService.ModelServiceClient Models { get; }
    public PriceService.PriceServiceClient Prices { get; }

    public void Dispose() => _channel.Dispose();
}

/// <summary>What is called and what it means when it is answered.</summary>
/// <param name="Op">Its name in the history.</param>
/// <param name="Key">What it is about.</param>
/// <param name="Facts">What is asked.</param>
/// <param name="AskAsync">The call.</param>
/// <param name="Learn">What the answer says.</param>
sealed record RecordedCall<T>(string Op, string Key, CallFacts Facts, Func<Door, CallOptions, Task<T>> AskAsync, Func<T, CallFacts, CallFacts> Learn)
{
    /// <summary>One try is given up after this long.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(Limits.Chaos.CallSeconds);
}

/// <summary>
/// Calls as a client of a platform under fire makes them: every try is written down before it is sent and after it ended, and a try whose
/// outcome is unknown is made again, elsewhere, with the same words.
/// </summary>
sealed class RecordedCalls(string client, IReadOnlyList<Door> doors, History history, Random random, TimeProvider time)
{
    readonly Random _random = random;
    int _favourite = random.Next(doors.Count);

    public string Client => client;

    /// <summary>Tries until it is answered or refused for good, within a bound; null when it was not answered.</summary>
    public async Task<T?> PersistAsync<T>(RecordedCall<T> call, CancellationToken cancellation) where T : class
    {
        for (var tries = 0; tries < Limits.Chaos.TriesMax && !cancellation.IsCancellationRequested; tries++)
        {
            // Now and then a patient one: it is still there when a stopped coordinator wakes up and answers.
            var deadline = _random.Next(4) == 0 ? call.Deadline * Limits.Chaos.PatienceFactor : call.Deadline;
            var (end, answer) = await TryAsync(call, doors[_favourite], deadline, cancellation);
            if (end is not CallEnd.Info)
                return answer;
            if (_random.Next(2) == 0)
                _favourite = (_favourite + 1) % doors.Count;
            await PauseAsync(Limits.Chaos.RetryPauseMs, cancellation);
        }
        return null;
    }

    /// <summary>One try at any coordinator.</summary>
    public Task<(CallEnd End, T? Answer)> TryOnceAsync<T>(RecordedCall<T> call, CancellationToken cancellation) where T : class =>
        TryAsync(call, doors[_random.Next(doors.Count)], call.Deadline, cancellation);

    /// <summary>A pause of the client, up to so long. Ends early, and quietly, with the run.</summary>
    public async Task PauseAsync(int msMax, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(msMax / 10, msMax)), time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The caller looks at the token.
        }
    }

    async Task<(CallEnd End, T? Answer)> TryAsync<T>(RecordedCall<T> call, Door door, TimeSpan deadline, CancellationToken cancellation) where T : class
    {
        var facts = call.Facts with { Coordinator = door.Name };
        var number = history.Invoke(client, call.Op, call.Key, facts);
        // A deadline of our own clock: a stopped peer cannot hold us.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(deadline);
        try
        {
            var answer = await call.AskAsync(door, new CallOptions(cancellationToken: limit.Token));
            history.End(client, call.Op, CallEnd.Ok, number, call.Key, call.Learn(answer, facts));
            return (CallEnd.Ok, answer);
        }
        catch (RpcException error)
        {
            var (end, learned) = Judge(error, facts);
            history.End(client, call.Op, end, number, call.Key, learned);
            return (end, null);
        }
        catch (Exception broken) when (broken is OperationCanceledException or HttpRequestException or IOException or SocketException or ObjectDisposedException)
        {
            history.End(client, call.Op, CallEnd.Info, number, call.Key, facts with { Status = broken.GetType().Name });
            return (CallEnd.Info, null);
        }
    }

    /// <summary>
    /// What a failed call means. With details it is the platform's own word: a transient status leaves the outcome open (a commit may have
    /// happened before the fault), any other is final. Without details it is a lost connection, or a time-out of ours: open. An ended
    /// call that is neither is a refusal without a reason, which the checker will not forgive.
    /// </summary>
    public static (CallEnd End, CallFacts Learned) Judge(RpcException error, CallFacts asked)
    {
        var hasDetails = error.Trailers.GetValueBytes("grpc-status-details-bin") is not null;
        var refusal = PricingException.From(error);
        var learned = asked with
        {
            Status = error.StatusCode.ToString(),
            Reason = refusal.Reason,
            HasDetails = hasDetails,
            HasRetryInfo = refusal.RetryAfter is not null,
        };
        var open = hasDetails
            ? IsTransient(error.StatusCode)
            : error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled || error.Status.DebugException is not null;
        return (open ? CallEnd.Info : CallEnd.Fail, learned);
    }

    /// <summary>AIP-194 and docs/errors.md: only these are worth another try with the same words.</summary>
    public static bool IsTransient(StatusCode status) =>
        status is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.DeadlineExceeded;
}
