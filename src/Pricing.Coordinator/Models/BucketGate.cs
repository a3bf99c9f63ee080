using System.Net;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Every call to the bucket goes through here: it has a time, and when calls fail in a row nobody is asked for a while but one probe. What comes out
/// is an answer, "there is no such object", or <see cref="ModelStoreUnavailableException"/>.
/// </summary>
sealed class BucketGate(TimeProvider time, ILogger log)
{
    readonly CircuitBreaker _breaker = new(time, Limits.Model.BucketFailuresMax, Limits.Model.BucketOpenMs);

    public bool IsOpen => _breaker.IsOpen;

    /// <summary>One call. Throws <see cref="FileNotFoundException"/> when the bucket answers that there is no such thing.</summary>
    public async Task<T> AskAsync<T>(string what, int timeoutMs, Func<CancellationToken, Task<T>> call, CancellationToken cancel)
    {
        if (!_breaker.TryEnter())
            throw new ModelStoreUnavailableException("The bucket did not answer before; it is asked again soon.");
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(timeoutMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            var answer = await call(either.Token);
            Answered();
            return answer;
        }
        catch (AmazonServiceException missing) when (missing.StatusCode is HttpStatusCode.NotFound)
        {
            Answered();
            throw new FileNotFoundException($"The bucket has no such object: {what}.", missing);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Says nothing about the bucket; but a probe that nobody waited for must not keep the breaker waiting.
            if (_breaker.IsOpen)
                _breaker.Failed();
            throw;
        }
        catch (Exception fault) when (fault is AmazonClientException or AmazonServiceException or OperationCanceledException or HttpRequestException or IOException
            or TimeoutException)
        {
            var why = late.IsCancellationRequested ? $"no answer in {timeoutMs} ms" : fault.Message;
            if (_breaker.Failed() is BreakerMove.Opened)
                log.LogError("The bucket fails ({What}: {Why}); asked again every {OpenMs} ms until it answers", what, why, Limits.Model.BucketOpenMs);
            else
                log.LogWarning("The bucket failed ({What}: {Why})", what, why);
            throw new ModelStoreUnavailableException($"The bucket failed: {why}", fault);
        }
    }

    void Answered()
    {
        if (_breaker.Succeeded())
            log.LogInformation("The bucket answers again");
    }
}
