using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Topology;

/// <summary>Gives corners with equal coordinates one number: an open-addressed table of exact floats, −0 read as +0.</summary>
/// <remarks>
/// A tile at a time: neighbours in a file share corners, so a small table in the first-level cache first finds the tile's own repeats (two
/// corners of three in a coherent file). What is left looks up the large table, whose cache lines are all asked for before the first is read.
/// Numbers count up in the order of first sight; the hash decides nothing but speed.
/// </remarks>
sealed unsafe class VertexTable
{
    const int TileCorners = 3 * TriangleTile.Capacity;

    /// <summary>Slots of the tile's table: a power of two above twice its corners.</summary>
    const int TileSlots = 4096;

    readonly uint[] _hashes = new uint[TileCorners];
    readonly ushort[] _tileSlots = new ushort[TileSlots];
    readonly Vertex[] _distinct = new Vertex[TileCorners];
    readonly uint[] _distinctHashes = new uint[TileCorners];
    readonly int[] _distinctIds = new int[TileCorners];

    Vertex[] _vertices = new Vertex[1024];

    /// <summary>Hash in the high half, number + 1 in the low half, 0 when free. At most two thirds are taken.</summary>
    ulong[] _slots = new ulong[4096];

    readonly struct Vertex(float x, float y, float z)
    {
        public readonly float X = x, Y = y, Z = z;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool IsAt(float x, float y, float z) => X == x && Y == y && Z == z;
    }

    public int Count { get; private set; }

    public Point3 this[int id]
    {
        get
        {
            ref var v = ref _vertices[id];
            return new(v.X, v.Y, v.Z);
        }
    }

    /// <summary>Writes the numbers of a tile's corners, three per triangle.</summary>
    public void Add(TriangleTile tile, Span<int> ids)
    {
        fixed (float* lanes = tile.Lanes)
        {
            Hash(lanes, tile.Count);
            var distinct = Distinct(lanes, tile.Count, ids);
            Reserve(Count + distinct);
            Find(distinct);
        }
        foreach (ref var id in ids[..(3 * tile.Count)])
            id = _distinctIds[id];
    }

    /// <summary>Hashes all corners, corner by corner, whole vectors at a time (the tile's tail is zeroed).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Hash(float* lanes, int count)
    {
        const int Stride = TriangleTile.Capacity;
        fixed (uint* hashes = _hashes)
        {
            for (var corner = 0; corner < 3; corner++)
            {
                var p = lanes + 3 * corner * Stride;
                for (var i = 0; i < count; i += Vector<uint>.Count)
                {
                    var h = Bits(p + i) * new Vector<uint>(0x9E3779B1);
                    h = (h ^ h >>> 16) + Bits(p + Stride + i);
                    h *= new Vector<uint>(0x85EBCA77);
                    h = (h ^ h >>> 15) + Bits(p + 2 * Stride + i);
                    h *= new Vector<uint>(0xC2B2AE3D);
                    h ^= h >>> 16;
                    Vector.Store(h, hashes + corner * Stride + i);
                }
            }
        }

        // Adding +0 turns −0 into +0 and nothing else.
        static Vector<uint> Bits(float* source) => Vector.AsVectorUInt32(Vector.Load(source) + Vector<float>.Zero);
    }

    /// <summary>Numbers the corners within the tile; answers how many different ones there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    int Distinct(float* lanes, int count, Span<int> ids)
    {
        const int Stride = TriangleTile.Capacity;
        Array.Clear(_tileSlots);
        var found = 0;
        fixed (ushort* slots = _tileSlots)
        fixed (uint* hashes = _hashes, distinctHashes = _distinctHashes)
        fixed (Vertex* distinct = _distinct)
        fixed (int* target = ids[..(3 * count)])
        {
            for (var i = 0; i < count; i++)
                for (var corner = 0; corner < 3; corner++)
                {
                    var p = lanes + 3 * corner * Stride + i;
                    float x = p[0], y = p[Stride], z = p[2 * Stride];
                    var hash = hashes[corner * Stride + i];
                    // More than half of the slots are free.
                    for (var s = hash % TileSlots; ; s = (s + 1) % TileSlots)
                    {
                        var known = slots[s] - 1;
                        if (known < 0)
                        {
                            known = found++;
                            slots[s] = (ushort)found;
                            distinct[known] = new(x + 0f, y + 0f, z + 0f);
                            distinctHashes[known] = hash;
                        }
                        else if (!distinct[known].IsAt(x, y, z))
                            continue;
                        target[3 * i + corner] = known;
                        break;
                    }
                }
        }
        return found;
    }

    /// <summary>The numbers of the tile's different corners, new ones for those never seen. There is room for all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Find(int distinct)
    {
        var mask = (uint)_slots.Length - 1;
        var count = Count;
        fixed (ulong* slots = _slots)
        fixed (uint* hashes = _distinctHashes)
        fixed (Vertex* vertices = _vertices, corners = _distinct)
        fixed (int* ids = _distinctIds)
        {
            if (Sse.IsSupported)
            {
                for (var i = 0; i < distinct; i++)
                    Sse.Prefetch0(slots + (hashes[i] & mask));
                for (var i = 0; i < distinct; i++)
                    if ((uint)slots[hashes[i] & mask] is > 0 and var known)
                        Sse.Prefetch0(vertices + (known - 1));
            }
            for (var i = 0; i < distinct; i++)
            {
                var hash = hashes[i];
                var corner = corners[i];
                for (var s = hash & mask; ; s = (s + 1) & mask)
                {
                    var slot = slots[s];
                    if (slot == 0)
                    {
                        vertices[count] = corner;
                        ids[i] = count++;
                        slots[s] = (ulong)hash << 32 | (uint)count;
                        break;
                    }
                    if (slot >> 32 != hash)
                        continue;
                    var id = (int)(uint)slot - 1;
                    if (vertices[id].IsAt(corner.X, corner.Y, corner.Z))
                    {
                        ids[i] = id;
                        break;
                    }
                }
            }
        }
        Count = count;
    }

    /// <summary>Makes room for so many vertices in all. Slots keep their hashes, so a larger table is filled without looking at a vertex.</summary>
    public void Reserve(int vertices)
    {
        if (vertices > _vertices.Length)
            Array.Resize(ref _vertices, Math.Max(vertices, 2 * _vertices.Length));
        if (3L * vertices <= 2L * _slots.Length)
            return;
        var old = _slots;
        _slots = new ulong[(int)BitOperations.RoundUpToPowerOf2((uint)(3L * vertices / 2) + 1)];
        var mask = (uint)_slots.Length - 1;
        foreach (var slot in old)
        {
            if (slot == 0)
                continue;
            var s = (uint)(slot >> 32) & mask;
            while (_slots[s] != 0)
                s = (s + 1) & mask;
            _slots[s] = slot;
        }
    }
}
