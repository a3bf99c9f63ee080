using Grpc.Core;
using Pricing.Coordinator.Edge;

namespace Pricing.Coordinator.Models;

/// <summary>Bounds the uploads in progress; one too many is told when to come back instead of slowing all the others.</summary>
public sealed class UploadSlots
{
    int _taken;

    public IDisposable Take()
    {
        if (Interlocked.Increment(ref _taken) <= Limits.Model.ConcurrentUploadsMax)
            return new Slot(this);
        Interlocked.Decrement(ref _taken);
        throw new RefusalException(StatusCode.ResourceExhausted, "TOO_MANY_UPLOADS", "Too many uploads at the same time.", "",
            $"{Limits.Model.ConcurrentUploadsMax} uploads", $"{Limits.Model.ConcurrentUploadsMax + 1} uploads", TimeSpan.FromSeconds(2));
    }

    sealed class Slot(UploadSlots slots) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref slots._taken);
    }
}
