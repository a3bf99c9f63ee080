using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Topology;

/// <summary>Takes what a tree finds; false ends the search.</summary>
interface ITriangleVisitor
{
    bool Visit(int triangle);
}

/// <summary>Takes pairs of triangles whose boxes meet; false ends the search.</summary>
interface IPairVisitor
{
    bool Visit(int first, int second);
}

/// <summary>
/// A complete binary tree of boxes over the triangles along a Morton curve, four to a leaf. Triangles in one cell of the curve are ordered by
/// their coordinates, so neither the tree nor the order of a walk depends on the order of triangles.
/// </summary>
sealed class TriangleTree
{
    const int LeafSize = 4;

    /// <summary>Bits per axis of the curve.</summary>
    const int MortonBits = 10;

    readonly SolidMesh _mesh;
    readonly int[] _order;
    readonly LaneBox[] _boxes;
    readonly LaneBox[] _nodes;

    /// <summary>Number of the first leaf; node k has children 2k and 2k + 1.</summary>
    readonly int _firstLeaf;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public TriangleTree(SolidMesh mesh)
    {
        _mesh = mesh;
        var n = mesh.Triangles;
        _boxes = new LaneBox[n];
        var all = LaneBox.Empty;
        for (var t = 0; t < n; t++)
        {
            _boxes[t] = mesh.BoxOf(t);
            all = all.With(_boxes[t]);
        }
        Box = all;
        _order = Ordered(all);
        var inOrder = new LaneBox[n];
        for (var i = 0; i < n; i++)
            inOrder[i] = _boxes[_order[i]];
        _boxes = inOrder;
        var leaves = (n + LeafSize - 1) / LeafSize;
        _firstLeaf = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, leaves));
        _nodes = new LaneBox[2 * _firstLeaf];
        Array.Fill(_nodes, LaneBox.Empty);
        for (var i = 0; i < n; i++)
            _nodes[_firstLeaf + i / LeafSize] = _nodes[_firstLeaf + i / LeafSize].With(_boxes[i]);
        for (var k = _firstLeaf - 1; k > 0; k--)
            _nodes[k] = _nodes[2 * k].With(_nodes[2 * k + 1]);
    }

    /// <summary>Of all triangles.</summary>
    public LaneBox Box { get; }

    /// <summary>Box comparisons so far: the work done, whatever the clock said.</summary>
    public long Work { get; private set; }

    /// <summary>Visits the triangles whose boxes meet a box; false when the visitor, or the bound on work, ended it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Visit<T>(in LaneBox box, ref T visitor, long workMax)
        where T : struct, ITriangleVisitor
    {
        // A complete tree of at most 2³⁰ leaves: two nodes of each level wait at the most.
        Span<int> waiting = stackalloc int[64];
        var count = 0;
        waiting[count++] = 1;
        while (count > 0)
        {
            var node = waiting[--count];
            if (++Work > workMax)
                return false;
            if (!_nodes[node].Meets(box))
                continue;
            if (node < _firstLeaf)
            {
                waiting[count++] = 2 * node + 1;
                waiting[count++] = 2 * node;
                continue;
            }
            var (from, to) = Members(node);
            for (var i = from; i < to; i++)
                if (_boxes[i].Meets(box) && !visitor.Visit(_order[i]))
                    return false;
        }
        return true;
    }

    /// <summary>Visits each pair of triangles whose boxes meet once; false when the visitor, or the bound on work, ended it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool VisitPairs<T>(ref T visitor, long workMax)
        where T : struct, IPairVisitor
    {
        Span<int> waiting = stackalloc int[64];
        var leaves = (_order.Length + LeafSize - 1) / LeafSize;
        for (var leaf = 0; leaf < leaves; leaf++)
        {
            var own = _firstLeaf + leaf;
            if (!VisitLeaves(own, own, ref visitor))
                return false;
            var box = _nodes[own];
            // What comes later on the curve hangs at the right of the way to the root.
            for (var up = own; up > 1; up >>= 1)
            {
                if ((up & 1) != 0)
                    continue;
                var count = 0;
                waiting[count++] = up + 1;
                while (count > 0)
                {
                    var node = waiting[--count];
                    if (++Work > workMax)
                        return false;
                    if (!_nodes[node].Meets(box))
                        continue;
                    if (node >= _firstLeaf)
                    {
                        Work += LeafSize * LeafSize;
                        if (!VisitLeaves(own, node, ref visitor))
                            return false;
                        continue;
                    }
                    waiting[count++] = 2 * node + 1;
                    waiting[count++] = 2 * node;
                }
            }
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool VisitLeaves<T>(int first, int second, ref T visitor)
        where T : struct, IPairVisitor
    {
        var (from1, to1) = Members(first);
        var (from2, to2) = Members(second);
        for (var i = from1; i < to1; i++)
        {
            var box = _boxes[i];
            for (var j = first == second ? i + 1 : from2; j < to2; j++)
                if (box.Meets(_boxes[j]) && !visitor.Visit(_order[i], _order[j]))
                    return false;
        }
        return true;
    }

    (int From, int To) Members(int leaf)
    {
        var from = (leaf - _firstLeaf) * LeafSize;
        return (from, Math.Min(from + LeafSize, _order.Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    int[] Ordered(in LaneBox all)
    {
        var n = _mesh.Triangles;
        var keys = new uint[n];
        var order = new int[n];
        const float Cells = 1 << MortonBits;
        var extent = all.Max - all.Min;
        var size = Math.Max(extent[0], Math.Max(extent[1], extent[2]));
        var perMm = Vector128.Create(size > 0 ? Cells / size : 0);
        var top = Vector128.Create(Cells - 1);
        for (var t = 0; t < n; t++)
        {
            // Half before the sum: no overflow, and the same for every order of corners.
            var centre = _boxes[t].Min * 0.5f + _boxes[t].Max * 0.5f;
            var cell = Vector128.Max(Vector128<float>.Zero, Vector128.Min((centre - all.Min) * perMm, top));
            keys[t] = Spread((uint)cell[0]) | Spread((uint)cell[1]) << 1 | Spread((uint)cell[2]) << 2;
            order[t] = t;
        }
        Sort(keys, order);
        var byCoordinates = Comparer<int>.Create(Compare);
        for (var from = 0; from < n;)
        {
            var to = from + 1;
            while (to < n && keys[to] == keys[from])
                to++;
            if (to - from > 1)
                Array.Sort(order, from, to - from, byCoordinates);
            from = to;
        }
        return order;
    }

    /// <summary>Least significant digit first, ten bits at a time; keeps the order of equal keys.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Sort(uint[] keys, int[] order)
    {
        const int Digit = MortonBits, Buckets = 1 << Digit;
        var toKeys = new uint[keys.Length];
        var toOrder = new int[order.Length];
        Span<int> start = stackalloc int[Buckets];
        for (var shift = 0; shift < 3 * MortonBits; shift += Digit)
        {
            start.Clear();
            foreach (var key in keys)
                start[(int)(key >> shift & (Buckets - 1))]++;
            var sum = 0;
            foreach (ref var s in start)
                (s, sum) = (sum, sum + s);
            for (var i = 0; i < keys.Length; i++)
            {
                var to = start[(int)(keys[i] >> shift & (Buckets - 1))]++;
                toKeys[to] = keys[i];
                toOrder[to] = order[i];
            }
            toKeys.CopyTo(keys, 0);
            toOrder.CopyTo(order, 0);
        }
    }

    /// <summary>By coordinates, each triangle from its lowest corner on: 0 only for triangles that are equal and turned alike.</summary>
    int Compare(int a, int b)
    {
        if (a == b)
            return 0;
        int first = _mesh.LowestCorner(a), second = _mesh.LowestCorner(b);
        for (var i = 0; i < 3; i++)
        {
            var order = SolidMesh.Compare(_mesh.Vertex(_mesh.Corners[3 * a + (first + i) % 3]), _mesh.Vertex(_mesh.Corners[3 * b + (second + i) % 3]));
            if (order != 0)
                return order;
        }
        return 0;
    }

    /// <summary>Puts two zero bits between the ten lowest.</summary>
    static uint Spread(uint x)
    {
        x = (x | x << 16) & 0x030000FF;
        x = (x | x << 8) & 0x0300F00F;
        x = (x | x << 4) & 0x030C30C3;
        return (x | x << 2) & 0x09249249;
    }
}
