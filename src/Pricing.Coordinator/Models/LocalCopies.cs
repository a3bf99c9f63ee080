namespace Pricing.Coordinator.Models;

/// <summary>Which copies lie in the local folder in front of a bucket: bounded by bytes, the one that was used longest ago goes first.</summary>
sealed class LocalCopies
{
    readonly string _folder;
    readonly long _bytesMax;
    readonly Lock _gate = new();
    readonly LinkedList<(string Path, long Bytes)> _byUse = new();
    readonly Dictionary<string, LinkedListNode<(string Path, long Bytes)>> _nodes = new(StringComparer.Ordinal);
    long _bytes;

    /// <summary>Takes over what an earlier run left, the newest as used last.</summary>
    public LocalCopies(string folder, long bytesMax)
    {
        (_folder, _bytesMax) = (folder, bytesMax);
        foreach (var file in new DirectoryInfo(folder).EnumerateDirectories("??").SelectMany(shard => shard.EnumerateFiles()).OrderBy(file => file.LastWriteTimeUtc))
            Add($"{file.Directory!.Name}/{file.Name}", file.Length);
    }

    public long Bytes { get { lock (_gate) return _bytes; } }

    public void Add(ModelCopy copy, long bytes) => Add(copy.Path, bytes);

    public void Used(ModelCopy copy)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(copy.Path, out var node))
                return;
            _byUse.Remove(node);
            _byUse.AddLast(node);
        }
    }

    public void Forget(ModelCopy copy)
    {
        lock (_gate)
            Remove(copy.Path);
    }

    void Add(string path, long bytes)
    {
        List<string> evicted = [];
        lock (_gate)
        {
            Remove(path);
            _nodes[path] = _byUse.AddLast((path, bytes));
            _bytes += bytes;
            while (_bytes > _bytesMax && _byUse.First is { } oldest)
            {
                evicted.Add(oldest.Value.Path);
                Remove(oldest.Value.Path);
            }
        }
        // Who reads one of them has it open and reads on.
        foreach (var gone in evicted)
            File.Delete(Path.Combine(_folder, gone));
    }

    void Remove(string path)
    {
        if (!_nodes.Remove(path, out var node))
            return;
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }
}
