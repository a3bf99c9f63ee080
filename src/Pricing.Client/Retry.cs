using Grpc.Core;

namespace Pricing.Client;

/// <summary>
/// Tries a call again while the platform is UNAVAILABLE, or RESOURCE_EXHAUSTED with a word on when to come back, or while the
/// connection breaks under it, a bounded number of
/// times with growing, jittered pauses. Nothing else is repeated: an answer is an answer. The caller builds the request once, so its request id is the same on every try.
/// </summary>
sealed class Retry(PricingClientOptions options)
{
    /// <summary>Runs <paramref name="call"/> until it answers, refuses, or the tries are used up; failures leave as <see cref="PricingException"/>.</summary>
    public async Task<T> RunAsync<T>(string name, Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call(cancellation).ConfigureAwait(false);
            }
            catch (RpcException error)
            {
                // The caller's own cancellation is not a failure of the platform.
                cancellation.ThrowIfCancellationRequested();
                if (!ShouldRepeat(error, attempt))
                    throw PricingException.From(error);
                await PauseAsync(name, attempt, error, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>True when try number <paramref name="attempt"/> may be followed by another.</summary>
    public bool ShouldRepeat(RpcException error, int attempt) => attempt < options.Attempts && error.StatusCode switch
    {
        StatusCode.Unavailable => true,
        StatusCode.ResourceExhausted => PricingException.From(error).RetryAfter is not null,
        // The platform gave up waiting for bytes although we were sending: the way between was blocked. Uploads may be repeated.
        StatusCode.DeadlineExceeded => PricingException.From(error).Reason == "UPLOAD_STALLED",
        // The connection ended under the call (GOAWAY, reset): nobody answered, so it is asked again, as after any other loss.
        StatusCode.Internal => error.Status.DebugException is HttpProtocolException or HttpRequestException or IOException,
        _ => false,
    };

    /// <summary>Announces the retry and waits.</summary>
    public Task PauseAsync(string name, int attempt, RpcException error, CancellationToken cancellation)
    {
        var longest = Math.Min(Limits.Client.RetryDelayMsMax, Limits.Client.RetryDelayMs << Math.Min(attempt - 1, 10));
        // Full jitter over the upper half: partners that lost one coordinator together do not return together.
        var pause = PricingException.From(error).RetryAfter is { } asked && asked.TotalMilliseconds <= Limits.Client.RetryDelayMsMax
            ? asked
            : TimeSpan.FromMilliseconds(longest * (0.5 + Random.Shared.NextDouble() / 2));
        options.OnRetry?.Invoke(new RetryNotice(name, attempt, error.StatusCode, pause));
        return Task.Delay(pause, options.Clock, cancellation);
    }
}
