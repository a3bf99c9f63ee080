using Pricing.Coordinator.Models;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// Reads along with an upload for as long as it keeps its pace. A node does not wait for a sender who stops or dawdles, and neither does a quote that
/// has joined the job: somebody else may have brought the same bytes meanwhile.
/// </summary>
sealed class AlongReader(IModelReader upload, CoordinatorOptions options) : IModelReader
{
    readonly long _began = options.Time.GetTimestamp();

    public async ValueTask<int> ReadAsync(Memory<byte> into, long offset, CancellationToken cancel)
    {
        var late = options.Time.GetElapsedTime(_began) - options.AheadStarve;
        if (offset < late.TotalSeconds * options.AheadBytesPerSecondMin)
            throw new ModelStoreUnavailableException("The upload is too slow to be measured ahead.");
        var read = upload.ReadAsync(into, offset, cancel);
        if (read.IsCompletedSuccessfully)
            return read.Result;
        try
        {
            return await read.AsTask().WaitAsync(options.AheadStarve, options.Time, cancel);
        }
        catch (TimeoutException)
        {
            throw new ModelStoreUnavailableException("The upload stopped; it is not measured ahead.");
        }
    }

    public void Dispose() => upload.Dispose();
}
