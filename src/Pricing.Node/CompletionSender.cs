using Grpc.Core;
using Microsoft.Extensions.Logging;
using Pricing.Node.V1;

namespace Pricing.Node;

/// <summary>How the sending of an answer ended.</summary>
enum CompletionEnd
{
    /// <summary>A coordinator said so: applied, or of no use any more.</summary>
    Answered,

    /// <summary>No coordinator could be reached while there was time.</summary>
    GaveUp,

    /// <summary>A coordinator will never take this answer (our fault).</summary>
    Refused,
}

/// <summary>
/// Brings a finished answer to any coordinator that takes it. The call is idempotent and fenced by the epoch, so it is repeated, with jitter and
/// around the coordinators, until somebody answers or the job's time is over.
/// </summary>
sealed class CompletionSender(NodeOptions options, NodeStatus status, Coordinators coordinators, ILogger<CompletionSender> log)
{
    public async Task<CompletionEnd> SendAsync(CompleteJobRequest request, CancellationToken stop)
    {
        request.Incarnation = status.Incarnation;
        var backoff = new Backoff(Limits.Node.CompleteBackoffFirstMs, Limits.Node.CompleteBackoffMaxMs, options.Time);
        // Bounded by the stop token, which fires at the latest when the job's time left is over.
        for (var attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            var (address, client) = coordinators.Choice(attempt);
            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(Limits.Node.CompleteSeconds), options.Time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
                var answer = await client.CompleteJobAsync(request, cancellationToken: either.Token).ConfigureAwait(false);
                Log(request, answer.Result);
                return CompletionEnd.Answered;
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.Unimplemented)
            {
                log.LogError(refused, "Job {JobId} epoch {Epoch}: {Coordinator} refused the answer.", request.JobId, request.Epoch, address);
                return CompletionEnd.Refused;
            }
            catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
            {
                log.LogInformation("Job {JobId} epoch {Epoch} ends quietly: there is no such job any more.", request.JobId, request.Epoch);
                return CompletionEnd.Answered;
            }
            catch (RpcException unreached)
            {
                log.LogInformation("Job {JobId} epoch {Epoch}: {Coordinator} did not take the answer ({Status}); trying again.",
                    request.JobId, request.Epoch, address, unreached.StatusCode);
            }
            await backoff.WaitAsync(stop).ConfigureAwait(false);
        }
        log.LogWarning("Job {JobId} epoch {Epoch}: the answer reached no coordinator in time.", request.JobId, request.Epoch);
        return CompletionEnd.GaveUp;
    }

    void Log(CompleteJobRequest request, CompleteJobResponse.Types.Result result)
    {
        switch (result)
        {
            case CompleteJobResponse.Types.Result.Applied or CompleteJobResponse.Types.Result.AlreadyApplied:
                log.LogInformation("Job {JobId} epoch {Epoch} answered ({Result}).", request.JobId, request.Epoch, result);
                break;
            case CompleteJobResponse.Types.Result.StaleEpoch or CompleteJobResponse.Types.Result.Terminal:
                log.LogInformation("Job {JobId} epoch {Epoch} ends quietly: {Result}.", request.JobId, request.Epoch, result);
                break;
            default:
                // A newer coordinator's word; it has answered, and repeating would not change it.
                log.LogWarning("Job {JobId} epoch {Epoch}: an answer this version does not know ({Result}).", request.JobId, request.Epoch, result);
                break;
        }
    }
}
