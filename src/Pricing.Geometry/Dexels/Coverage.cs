using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Dexels;

/// <summary>The cells whose centres lie in a triangle's box. On fine meshes nineteen of twenty triangles have none, so this is most of the work.</summary>
interface ICoverage
{
    /// <param name="a">A corner as <see cref="ColumnSnap"/> packs it.</param>
    /// <param name="b">A corner.</param>
    /// <param name="c">A corner.</param>
    /// <param name="first">First cell along both axes, packed the same way.</param>
    /// <param name="last">Last cell along both axes.</param>
    /// <returns>False when there is no such cell.</returns>
    static abstract bool Of(long a, long b, long c, out long first, out long last);
}

/// <summary>Both axes of the three corners in one 128-bit register.</summary>
readonly struct VectorCoverage : ICoverage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Of(long a, long b, long c, out long first, out long last)
    {
        Vector128<int> p = Vector128.CreateScalarUnsafe(a).AsInt32(), q = Vector128.CreateScalarUnsafe(b).AsInt32(), r = Vector128.CreateScalarUnsafe(c).AsInt32();
        // Centres are at 256 k + 128: the first not below the least, the last not above the largest.
        var low = (Vector128.Min(Vector128.Min(p, q), r) + Vector128.Create(ColumnSnap.Steps / 2 - 1)) >> ColumnSnap.StepBits;
        var high = (Vector128.Max(Vector128.Max(p, q), r) - Vector128.Create(ColumnSnap.Steps / 2)) >> ColumnSnap.StepBits;
        first = low.AsInt64().ToScalar();
        last = high.AsInt64().ToScalar();
        return (Vector128.LessThanOrEqual(low, high).ExtractMostSignificantBits() & 3) == 3;
    }
}

/// <summary>The same with ordinary integers.</summary>
readonly struct ScalarCoverage : ICoverage
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Of(long a, long b, long c, out long first, out long last)
    {
        var (lowX, highX) = Range((int)a, (int)b, (int)c);
        var (lowY, highY) = Range((int)(a >> 32), (int)(b >> 32), (int)(c >> 32));
        first = (uint)lowX | (long)lowY << 32;
        last = (uint)highX | (long)highY << 32;
        return lowX <= highX && lowY <= highY;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (int Low, int High) Range(int a, int b, int c) =>
        ((Math.Min(Math.Min(a, b), c) + (ColumnSnap.Steps / 2 - 1)) >> ColumnSnap.StepBits,
        (Math.Max(Math.Max(a, b), c) - ColumnSnap.Steps / 2) >> ColumnSnap.StepBits);
}
