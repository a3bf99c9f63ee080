using System.Security.Cryptography;
using Pricing.Geometry;
using Pricing.Node.V1;
using Pricing.Quoting.V1;

namespace Pricing.Node;

/// <summary>Measures one job in this very process: inside a worker, or in the node itself when isolation is off.</summary>
/// <remarks>
/// 1. Each piece is hashed, then decoded and measured.
/// 2. When the file turns out to be bad, the rest is still taken and hashed: a fault is final only if it is the model's,
///    and only the hash tells a bad model from bytes that were damaged on their way.
/// 3. With the last byte the hash decides: another one gives the lease back.
/// 4. Finish gives the figures.
/// </remarks>
sealed class LocalMeasuring : IMeasuring
{
    readonly Assign _assign;
    readonly TimeProvider _time;
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly MeasureTiming _timing = new();
    PartMeasurer? _measurer;
    MeshFormatException? _fault;
    long _since;

    /// <param name="assign">The job.</param>
    /// <param name="threads">Threads it may use.</param>
    /// <param name="time">For the timing told with the answer.</param>
    /// <param name="known">Sums of what this process measured before; null: none are kept.</param>
    public LocalMeasuring(Assign assign, int threads, TimeProvider time, ChunkSums? known = null)
    {
        if (assign.ModelBytes < Limits.Worker.RememberedModelBytesMin)
            known = null;
        _assign = assign;
        _time = time;
        try
        {
            _measurer = new PartMeasurer(
                MeasurementMapping.ToOptions(assign.Options, threads), assign.ModelBytes, assign.FileName.Length > 0 ? assign.FileName : null, known);
        }
        catch (MeshFormatException fault)
        {
            _fault = fault;
        }
        _since = time.GetTimestamp();
    }

    public MeasureProgress Progress => _measurer?.Progress ?? default;

    /// <summary>Never: then everything here is gone.</summary>
    public CancellationToken Lost => CancellationToken.None;

    public void Push(ReadOnlySpan<byte> bytes)
    {
        var arrived = _time.GetTimestamp();
        _timing.ReceiveMs += _time.GetElapsedTime(_since, arrived).TotalMilliseconds;
        _hash.AppendData(bytes);
        try
        {
            if (_fault is null)
                _measurer!.Push(bytes);
        }
        catch (MeshFormatException fault)
        {
            _fault = fault;
        }
        _since = _time.GetTimestamp();
        _timing.DecodeMs += _time.GetElapsedTime(arrived, _since).TotalMilliseconds;
    }

    public JobOutcome Finish()
    {
        var sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (sha256 != _assign.ModelSha256)
            return new JobOutcome.Released(ReleaseReason.HashMismatch);
        if (_fault is not null)
            return new JobOutcome.Failed(MeasurementMapping.ToFailure(_fault));
        try
        {
            var part = _measurer!.Finish();
            _timing.MeasureMs = _time.GetElapsedTime(_since).TotalMilliseconds;
            _timing.ReusedBytes = _measurer.BytesReused;
            return new JobOutcome.Measured(MeasurementMapping.ToMessage(part, sha256, _assign.Options, _timing));
        }
        catch (MeshFormatException fault)
        {
            return new JobOutcome.Failed(MeasurementMapping.ToFailure(fault));
        }
    }

    public void Dispose()
    {
        _measurer?.Dispose();
        _hash.Dispose();
    }
}
