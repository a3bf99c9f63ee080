namespace Pricing.Geometry.Topology;

/// <summary>
/// All undirected edges with the faces that use them: half-edges bucketed by their lower vertex number, sorted by the higher one.
/// Triangles with two corners in one place bound nothing (their edges cancel) and are left out.
/// </summary>
sealed class EdgeTable
{
    readonly int[] _start;
    readonly ulong[] _half;

    public EdgeTable(ReadOnlySpan<int> corners, int vertices)
    {
        // Counting sort: bucket sizes, prefix sums, fill.
        _start = new int[vertices + 1];
        for (var i = 0; i < corners.Length; i += 3)
        {
            if (IsCollapsed(corners, i))
                continue;
            Count(corners[i], corners[i + 1]);
            Count(corners[i + 1], corners[i + 2]);
            Count(corners[i + 2], corners[i]);
        }
        var sum = 0;
        for (var v = 0; v <= vertices; v++)
            (_start[v], sum) = (sum, sum + (v < vertices ? _start[v] : 0));
        _half = new ulong[sum];
        for (var i = 0; i < corners.Length; i += 3)
        {
            if (IsCollapsed(corners, i))
                continue;
            Fill(corners[i], corners[i + 1], i / 3);
            Fill(corners[i + 1], corners[i + 2], i / 3);
            Fill(corners[i + 2], corners[i], i / 3);
        }
        // Filling moved each start to its bucket's end, which is the next one's start.
        for (var v = vertices; v > 0; v--)
            _start[v] = _start[v - 1];
        if (vertices > 0)
            _start[0] = 0;
        for (var v = 0; v < vertices; v++)
            Sort(_half.AsSpan(_start[v].._start[v + 1]));
    }

    /// <summary>Whether the triangle whose first corner is at <paramref name="i"/> has two corners in one place.</summary>
    public static bool IsCollapsed(ReadOnlySpan<int> corners, int i) =>
        corners[i] == corners[i + 1] || corners[i + 1] == corners[i + 2] || corners[i + 2] == corners[i];

    void Count(int a, int b) => _start[Math.Min(a, b)]++;

    void Fill(int a, int b, int face) =>
        _half[_start[Math.Min(a, b)]++] = (ulong)Math.Max(a, b) << 32 | (uint)face << 1 | (a < b ? 0u : 1u);

    static void Sort(Span<ulong> bucket)
    {
        if (bucket.Length > 24)
        {
            bucket.Sort();
            return;
        }
        for (var i = 1; i < bucket.Length; i++)
        {
            var x = bucket[i];
            var j = i - 1;
            for (; j >= 0 && bucket[j] > x; j--)
                bucket[j + 1] = bucket[j];
            bucket[j + 1] = x;
        }
    }

    /// <summary>
    /// Visits the edges that are not used by two faces, once each way. A closed, oriented mesh without touching edges has none.
    /// </summary>
    public void VisitUnsound(OtherEdge other)
    {
        for (var v = 0; v < _start.Length - 1; v++)
        {
            var bucket = _half.AsSpan(_start[v].._start[v + 1]);
            while (bucket.Length > 0)
            {
                var high = bucket[0] >> 32;
                var uses = 1;
                while (uses < bucket.Length && bucket[uses] >> 32 == high)
                    uses++;
                if (uses != 2 || ((bucket[0] ^ bucket[1]) & 1) == 0)
                    other(new(v, bucket[..uses]));
                bucket = bucket[uses..];
            }
        }
    }

    public delegate void OtherEdge(Edge edge);

    /// <summary>How often more faces walk an edge from the one vertex to the other than back.</summary>
    public int Net(int from, int to)
    {
        var (low, high) = (Math.Min(from, to), Math.Max(from, to));
        var net = 0;
        foreach (var half in _half.AsSpan(_start[low].._start[low + 1]))
            if (half >> 32 == (ulong)high)
                net += (half & 1) == 0 == from < to ? 1 : -1;
        return net;
    }

    /// <summary>How many faces use the edge between two vertices.</summary>
    public int Uses(int a, int b)
    {
        var (low, high) = (Math.Min(a, b), Math.Max(a, b));
        var uses = 0;
        foreach (var half in _half.AsSpan(_start[low].._start[low + 1]))
            uses += half >> 32 == (ulong)high ? 1 : 0;
        return uses;
    }

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the edges one by one.</summary>
    public ref struct Enumerator(EdgeTable table)
    {
        int _vertex = -1;
        int _from;
        int _to;

        /// <summary>The half-edges of one undirected edge.</summary>
        public readonly Edge Current => new(_vertex, table._half.AsSpan(_from, _to - _from));

        public bool MoveNext()
        {
            _from = _to;
            while (_from == table._start[_vertex + 1])
                if (++_vertex == table._start.Length - 1)
                    return false;
            var other = table._half[_from] >> 32;
            var end = table._start[_vertex + 1];
            for (_to = _from + 1; _to < end && table._half[_to] >> 32 == other; _to++)
            {
            }
            return true;
        }
    }
}

/// <summary>One undirected edge and its uses by faces.</summary>
readonly ref struct Edge(int low, ReadOnlySpan<ulong> half)
{
    readonly ReadOnlySpan<ulong> _half = half;

    /// <summary>Lower and higher vertex number.</summary>
    public int Low => low;
    public int High => (int)(_half[0] >> 32);

    public int Uses => _half.Length;

    public int Face(int use) => (int)((uint)_half[use] >> 1);

    /// <summary>True when the face walks the edge from low to high.</summary>
    public bool Forward(int use) => (_half[use] & 1) == 0;
}
