using Grpc.Core;
using Pricing.Coordinator.Edge;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Reads an upload's messages and ends it when the sender falls silent. The web server's own minimum data rate does not watch streams, so
/// this does. Only time spent waiting for the sender counts: while the database or the disk is slow, it is not the sender who is late.
/// </summary>
sealed class PatientReader(IAsyncStreamReader<UploadModelRequest> stream, TimeProvider time, CancellationToken cancel) : IDisposable
{
    static readonly TimeSpan Stall = TimeSpan.FromSeconds(Limits.Model.UploadStallSeconds);

    readonly CancellationTokenSource _stall = new(Timeout.InfiniteTimeSpan, time);
    CancellationTokenSource? _either;

    public UploadModelRequest Current => stream.Current;

    /// <summary>All the time the sender was waited for.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>The next message; false at the end. Refuses with UPLOAD_STALLED.</summary>
    public async Task<bool> NextAsync()
    {
        _either ??= CancellationTokenSource.CreateLinkedTokenSource(_stall.Token, cancel);
        var next = stream.MoveNext(_either.Token);
        if (next.IsCompletedSuccessfully)
            return next.Result;
        var since = time.GetTimestamp();
        _stall.CancelAfter(Stall);
        try
        {
            return await next;
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }
            && _stall.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new RefusalException(StatusCode.DeadlineExceeded, "UPLOAD_STALLED", "The upload stopped sending.", "chunk",
                $"{Limits.Model.UploadStallSeconds} s without bytes", $"{(long)time.GetElapsedTime(since).TotalSeconds} s");
        }
        finally
        {
            _stall.CancelAfter(Timeout.InfiniteTimeSpan);
            Waited += time.GetElapsedTime(since);
        }
    }

    public void Dispose()
    {
        _either?.Dispose();
        _stall.Dispose();
    }
}
