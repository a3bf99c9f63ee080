namespace Pricing.Coordinator.Models;

/// <summary>
/// What uploads had brought before they broke, for the next try: its chunks count as known to the partner who sent them, for a while. Lives in
/// this process and in files without a name, so nothing of it outlives a crash; another coordinator just gets the whole file again.
/// </summary>
public sealed class BrokenUploads(TimeProvider time) : IDisposable
{
    static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(Limits.Model.BrokenMinutes);

    readonly Lock _gate = new();
    readonly List<Broken> _all = [];
    bool _closed;

    sealed record Broken(string Partner, string Sha256, IKeptBytes Bytes, IReadOnlyList<ModelChunk> Chunks, long KeptAt);

    /// <summary>Takes the bytes over. A second break of the same file replaces the first: it has what that one had.</summary>
    internal void Keep(string partner, byte[] sha256, IReadOnlyList<ModelChunk> chunks, IKeptBytes bytes)
    {
        var whole = chunks.Where(chunk => chunk.Offset + chunk.Length <= bytes.Length).ToList();
        List<Broken> gone = [];
        lock (_gate)
        {
            var broken = new Broken(partner, Convert.ToHexStringLower(sha256), bytes, whole, time.GetTimestamp());
            if (_closed || whole.Count == 0)
                gone.Add(broken);
            else
            {
                gone.AddRange(_all.Where(other => IsOver(other) || (other.Partner == partner && other.Sha256 == broken.Sha256)));
                _all.RemoveAll(gone.Contains);
                _all.Add(broken);
                while (_all.Count > Limits.Model.BrokenUploadsMax || _all.Sum(other => other.Bytes.Length) > Limits.Model.BrokenBytesMax)
                {
                    gone.Add(_all[0]);
                    _all.RemoveAt(0);
                }
            }
        }
        gone.ForEach(other => other.Bytes.Dispose());
    }

    /// <summary>The file is stored: nobody tries again.</summary>
    internal void Forget(string partner, byte[] sha256)
    {
        var hex = Convert.ToHexStringLower(sha256);
        List<Broken> gone;
        lock (_gate)
        {
            gone = [.. _all.Where(other => IsOver(other) || (other.Partner == partner && other.Sha256 == hex))];
            _all.RemoveAll(gone.Contains);
        }
        gone.ForEach(other => other.Bytes.Dispose());
    }

    /// <summary>Which of these chunks the partner's broken uploads hold, by their hash.</summary>
    internal Dictionary<string, int> Find(string partner, IReadOnlyList<ModelChunk> chunks)
    {
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach (var chunk in _all.Where(broken => broken.Partner == partner && !IsOver(broken)).SelectMany(broken => broken.Chunks))
                known.TryAdd(Convert.ToHexString(chunk.Sha256), chunk.Length);
        }
        return known;
    }

    /// <summary>Reads a chunk; its hash is the caller's to check. False when no broken upload of the partner has it (any more).</summary>
    internal async ValueTask<bool> TryReadAsync(string partner, ModelChunk chunk, Memory<byte> into, CancellationToken cancel)
    {
        (IKeptBytes Bytes, long Offset)? place = null;
        lock (_gate)
        {
            foreach (var broken in _all.Where(broken => broken.Partner == partner && !IsOver(broken)))
                if (broken.Chunks.FirstOrDefault(own => own.Length == chunk.Length && own.Sha256.AsSpan().SequenceEqual(chunk.Sha256)) is { } own)
                    place = (broken.Bytes, own.Offset);
        }
        if (place is not var (bytes, offset))
            return false;
        try
        {
            return await bytes.ReadAsync(into, offset, cancel) == into.Length;
        }
        catch (ObjectDisposedException)
        {
            // Replaced or out of time this very moment.
            return false;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _all.ForEach(broken => broken.Bytes.Dispose());
            _all.Clear();
        }
    }

    bool IsOver(Broken broken) => time.GetElapsedTime(broken.KeptAt) > Lifetime;
}
