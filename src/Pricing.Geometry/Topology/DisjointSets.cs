namespace Pricing.Geometry.Topology;

/// <summary>Union-find with path halving; optionally with the parity of each element relative to its root.</summary>
sealed class DisjointSets
{
    readonly int[] _parent;
    readonly bool[] _odd;

    public DisjointSets(int count)
    {
        _parent = new int[count];
        _odd = new bool[count];
        for (var i = 0; i < count; i++)
            _parent[i] = i;
    }

    public int Find(int i)
    {
        while (_parent[i] != i)
        {
            var up = _parent[i];
            // Halving: i hangs under its grandparent, with the parities of both steps.
            _odd[i] ^= _odd[up];
            _parent[i] = _parent[up];
            i = _parent[i];
        }
        return i;
    }

    /// <summary>Parity of i relative to its root.</summary>
    public bool IsOdd(int i)
    {
        var odd = false;
        while (_parent[i] != i)
        {
            odd ^= _odd[i];
            i = _parent[i];
        }
        return odd;
    }

    /// <summary>States that a and b differ (<paramref name="odd"/>) or agree; false when that contradicts what is known.</summary>
    public bool Join(int a, int b, bool odd = false)
    {
        // Neighbours mostly hang under one root already, by one step.
        if (_parent[a] == _parent[b])
            return !(odd ^ _odd[a] ^ _odd[b]);
        int ra = Find(a), rb = Find(b);
        odd ^= IsOdd(a) ^ IsOdd(b);
        if (ra == rb)
            return !odd;
        _parent[Math.Max(ra, rb)] = Math.Min(ra, rb);
        _odd[Math.Max(ra, rb)] = odd;
        return true;
    }
}
