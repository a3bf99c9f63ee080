using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Topology;

/// <summary>Gives corners with equal coordinates one number: an open-addressed table of exact float patterns, −0 read as +0.</summary>
sealed class VertexTable
{
    /// <summary>Entries of the small table in front: neighbours in a file share corners, and most repeats are found here.</summary>
    const int RecentSize = 4096;

    readonly (uint X, uint Y, uint Z, int Id)[] _recent = new (uint, uint, uint, int)[RecentSize];
    (uint X, uint Y, uint Z)[] _vertices = new (uint, uint, uint)[1024];
    int[] _slots = new int[4096];

    public VertexTable() => Array.Fill(_recent, (0u, 0u, 0u, -1));

    public int Count { get; private set; }

    public Point3 this[int id] => new(
        BitConverter.UInt32BitsToSingle(_vertices[id].X), BitConverter.UInt32BitsToSingle(_vertices[id].Y), BitConverter.UInt32BitsToSingle(_vertices[id].Z));

    /// <summary>The number of the vertex at these coordinates; numbers count up in the order of first sight.</summary>
    public int IdOf(float x, float y, float z)
    {
        uint px = Pattern(x), py = Pattern(y), pz = Pattern(z);
        var hash = Hash(px, py, pz);
        ref var recent = ref _recent[hash % RecentSize];
        if (recent.X == px && recent.Y == py && recent.Z == pz && recent.Id >= 0)
            return recent.Id;
        var id = Find(px, py, pz, hash);
        recent = (px, py, pz, id);
        return id;
    }

    int Find(uint x, uint y, uint z, uint hash)
    {
        var mask = _slots.Length - 1;
        // The table is never more than half full, so a free slot is near.
        for (var i = (int)(hash >> 2) & mask; ; i = (i + 1) & mask)
        {
            var id = _slots[i] - 1;
            if (id < 0)
            {
                if (Count == _vertices.Length)
                    Array.Resize(ref _vertices, Count * 2);
                _vertices[Count] = (x, y, z);
                _slots[i] = ++Count;
                if (Count * 2 > _slots.Length)
                    Grow();
                return Count - 1;
            }
            ref var v = ref _vertices[id];
            if (v.X == x && v.Y == y && v.Z == z)
                return id;
        }
    }

    void Grow()
    {
        _slots = new int[_slots.Length * 2];
        var mask = _slots.Length - 1;
        for (var id = 0; id < Count; id++)
        {
            var v = _vertices[id];
            var i = (int)(Hash(v.X, v.Y, v.Z) >> 2) & mask;
            while (_slots[i] != 0)
                i = (i + 1) & mask;
            _slots[i] = id + 1;
        }
    }

    static uint Pattern(float value) => value == 0 ? 0 : BitConverter.SingleToUInt32Bits(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Hash(uint x, uint y, uint z)
    {
        var h = (x ^ BitOperations.RotateLeft(y, 11) ^ BitOperations.RotateLeft(z, 22)) * 0x9E3779B97F4A7C15ul + y * 0xC2B2AE3D27D4EB4Ful + z * 0x165667B19E3779F9ul;
        h ^= h >> 29;
        h *= 0xBF58476D1CE4E5B9ul;
        return (uint)(h >> 32);
    }
}
