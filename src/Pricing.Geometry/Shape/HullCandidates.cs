using System.Numerics;
using System.Runtime.InteropServices;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Shape;

/// <summary>
/// The vertices that can be corners of the hull: those not well inside a polytope of the farthest vertices in 26 directions
/// (Akl, Toussaint, 1978, in space). Sorted by x, y, z, each place once, so what follows knows nothing of the file's order.
/// </summary>
static class HullCandidates
{
    /// <summary>Vertices worked on at a time: three rows of floats in the first-level cache.</summary>
    const int Block = 256;

    /// <summary>Rounding of a plane's distance in float32: four operations, with room to spare.</summary>
    const float FloatError = 1f / (1 << 20);

    /// <summary>One of each pair of opposite directions.</summary>
    static readonly Vector3[] Directions =
    [
        new(1, 0, 0), new(0, 1, 0), new(0, 0, 1), new(1, 1, 0), new(1, -1, 0), new(1, 0, 1), new(1, 0, -1), new(0, 1, 1), new(0, 1, -1),
        new(1, 1, 1), new(1, 1, -1), new(1, -1, 1), new(1, -1, -1),
    ];

    public static Vector3[] Of(SolidMesh mesh)
    {
        var points = MemoryMarshal.Cast<float, Vector3>(mesh.Coordinates);
        var used = new ulong[points.Length / 64 + 1];
        foreach (var v in mesh.Corners)
            used[v >> 6] |= 1UL << (v & 63);
        return Sorted(Outer(points, used));
    }

    static List<Vector3> Outer(ReadOnlySpan<Vector3> points, ulong[] used)
    {
        var extremes = Extremes(points, used);
        var core = extremes is null ? null : HullBuilder.Build(Sorted(extremes), int.MaxValue, long.MaxValue);
        List<Vector3> outer = [];
        if (core is null)
        {
            for (var v = 0; v < points.Length; v++)
                if (IsUsed(used, v))
                    outer.Add(points[v]);
            return outer;
        }
        var origin = Corner(points, used);
        var planes = Planes(core.Triangles, origin, extremes!);
        Span<float> x = stackalloc float[Block], y = stackalloc float[Block], z = stackalloc float[Block];
        for (var start = 0; start < points.Length; start += Block)
        {
            Load(points, used, start, origin, x, y, z);
            var count = Math.Min(Block, points.Length - start);
            for (var i = 0; i < count; i += Vector<float>.Count)
            {
                var inside = Inside(planes, new(x[i..]), new(y[i..]), new(z[i..]));
                if (Vector.EqualsAll(inside, Vector<int>.AllBitsSet))
                    continue;
                for (var lane = 0; lane < Vector<float>.Count && i + lane < count; lane++)
                    if (inside[lane] == 0 && IsUsed(used, start + i + lane))
                        outer.Add(points[start + i + lane]);
            }
        }
        return outer;
    }

    static Vector<int> Inside(Vector4[] planes, Vector<float> x, Vector<float> y, Vector<float> z)
    {
        var inside = Vector<int>.AllBitsSet;
        foreach (var plane in planes)
        {
            var distance = x * new Vector<float>(plane.X) + y * new Vector<float>(plane.Y) + z * new Vector<float>(plane.Z);
            inside &= Vector.LessThan(distance, new Vector<float>(plane.W));
            if (Vector.EqualsAll(inside, Vector<int>.Zero))
                break;
        }
        return inside;
    }

    /// <summary>The core's planes seen from the origin: unit normal, and a distance below which a point is inside for certain.</summary>
    static Vector4[] Planes(HullTriangle[] core, Vector3 origin, List<Vector3> extremes)
    {
        float reach = 0;
        foreach (var p in extremes)
        {
            var d = Vector3.Abs(p - origin);
            reach = Math.Max(reach, Math.Max(d.X, Math.Max(d.Y, d.Z)));
        }
        var margin = 16 * FloatError * reach;
        return [.. core.Select(f =>
        {
            var length = Math.Sqrt(f.Nx * f.Nx + f.Ny * f.Ny + f.Nz * f.Nz);
            double nx = f.Nx / length, ny = f.Ny / length, nz = f.Nz / length;
            var at = nx * (f.Ax - origin.X) + ny * (f.Ay - origin.Y) + nz * (f.Az - origin.Z);
            return new Vector4((float)nx, (float)ny, (float)nz, (float)at - margin);
        })];
    }

    /// <summary>Places relative to the origin, row by row; for an unused vertex and beyond the last the first used one stands in.</summary>
    static void Load(ReadOnlySpan<Vector3> points, ulong[] used, int start, Vector3 origin, Span<float> x, Span<float> y, Span<float> z)
    {
        var substitute = points[FirstUsed(used)];
        for (var i = 0; i < Block; i++)
        {
            var v = start + i;
            var p = (v < points.Length && IsUsed(used, v) ? points[v] : substitute) - origin;
            x[i] = p.X;
            y[i] = p.Y;
            z[i] = p.Z;
        }
    }

    /// <summary>The farthest vertex in each direction, both ways; of several the lowest by x, y, z.</summary>
    static List<Vector3>? Extremes(ReadOnlySpan<Vector3> points, ulong[] used)
    {
        if (FirstUsed(used) < 0)
            return null;
        var origin = Corner(points, used);
        var best = new Vector3[2 * Directions.Length];
        var most = new float[2 * Directions.Length];
        Array.Fill(most, float.NegativeInfinity);
        Span<float> x = stackalloc float[Block], y = stackalloc float[Block], z = stackalloc float[Block];
        for (var start = 0; start < points.Length; start += Block)
        {
            Load(points, used, start, origin, x, y, z);
            for (var d = 0; d < best.Length; d++)
            {
                var direction = d % 2 == 0 ? Directions[d / 2] : -Directions[d / 2];
                var high = Highest(x, y, z, direction);
                if (high < most[d])
                    continue;
                for (var i = start; i < Math.Min(start + Block, points.Length); i++)
                    if (IsUsed(used, i) && Along(points[i] - origin, direction) == high && (high > most[d] || IsLower(points[i], best[d])))
                        (most[d], best[d]) = (high, points[i]);
            }
        }
        return [.. best];
    }

    static bool IsLower(Vector3 p, Vector3 q) => p.X < q.X || (p.X == q.X && (p.Y < q.Y || (p.Y == q.Y && p.Z < q.Z)));

    static float Along(Vector3 p, Vector3 direction) => p.X * direction.X + p.Y * direction.Y + p.Z * direction.Z;

    static float Highest(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, Vector3 direction)
    {
        Vector<float> dx = new(direction.X), dy = new(direction.Y), dz = new(direction.Z);
        var high = new Vector<float>(float.NegativeInfinity);
        for (var i = 0; i < Block; i += Vector<float>.Count)
            high = Vector.Max(high, new Vector<float>(x[i..]) * dx + new Vector<float>(y[i..]) * dy + new Vector<float>(z[i..]) * dz);
        var most = high[0];
        for (var lane = 1; lane < Vector<float>.Count; lane++)
            most = Math.Max(most, high[lane]);
        return most;
    }

    /// <summary>The lowest corner of the box: an origin that every order of vertices has.</summary>
    static Vector3 Corner(ReadOnlySpan<Vector3> points, ulong[] used)
    {
        var low = points[FirstUsed(used)];
        for (var v = 0; v < points.Length; v++)
            if (IsUsed(used, v))
                low = Vector3.Min(low, points[v]);
        return low;
    }

    static bool IsUsed(ulong[] used, int v) => (used[v >> 6] >> (v & 63) & 1) != 0;

    static int FirstUsed(ulong[] used)
    {
        var word = Array.FindIndex(used, w => w != 0);
        return word < 0 ? -1 : 64 * word + BitOperations.TrailingZeroCount(used[word]);
    }

    /// <summary>By x, then y, then z; each place once.</summary>
    internal static Vector3[] Sorted(List<Vector3> points)
    {
        var sorted = points.ToArray();
        var keys = new ulong[sorted.Length];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = (ulong)Rank(sorted[i].X) << 32 | Rank(sorted[i].Y);
        Array.Sort(keys, sorted);
        var kept = 0;
        for (var i = 0; i < sorted.Length;)
        {
            var end = i + 1;
            while (end < sorted.Length && keys[end] == keys[i])
                end++;
            if (end - i > 1)
                sorted.AsSpan(i..end).Sort((p, q) => p.Z.CompareTo(q.Z));
            for (; i < end; i++)
                if (kept == 0 || sorted[i] != sorted[kept - 1])
                    sorted[kept++] = sorted[i];
        }
        return sorted[..kept];
    }

    /// <summary>An integer that orders as the float does; −0 and +0 are one.</summary>
    static uint Rank(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return bits ^ ((bits & 0x80000000) != 0 ? uint.MaxValue : 0x80000000);
    }
}
