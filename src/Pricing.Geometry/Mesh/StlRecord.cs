using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// The 50-byte record of a binary STL (normal 12 bytes, three corners 36, attribute 2) and its transposition into the lanes of a tile.
/// The normal is never read: the winding says it, and files lie in it.
/// </summary>
static class StlRecord
{
    public const int Bytes = 50;

    /// <summary>Copies whole records into the tile's lanes from triangle <paramref name="at"/> on. Bits are copied, never converted.</summary>
    public static void Transpose(ReadOnlySpan<byte> records, TriangleTile tile, int at)
    {
        var count = records.Length / Bytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(at + count, TriangleTile.Capacity, nameof(at));
        var done = Avx.IsSupported && BitConverter.IsLittleEndian ? TransposeAvx(records, tile.Lanes, at, count) : 0;
        for (var i = done; i < count; i++)
        {
            var corner = records.Slice(i * Bytes + 12, 36);
            for (var lane = 0; lane < 9; lane++)
                tile.Lanes[lane * TriangleTile.Capacity + at + i] = BinaryPrimitives.ReadSingleLittleEndian(corner[(lane * 4)..]);
        }
    }

    /// <summary>
    /// Eight records a step: 4×4 transposes of (ax ay az bx), (by bz cx cy) and, for cz, of the last four floats. Every load ends
    /// inside its record (12+16, 28+16, 32+16 ≤ 48), so no load passes the end of the span. Answers how many records were done.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe int TransposeAvx(ReadOnlySpan<byte> records, Span<float> lanes, int at, int count)
    {
        fixed (byte* source = records)
        fixed (float* tile = lanes)
        {
            var i = 0;
            for (; i + 8 <= count; i += 8)
            {
                var p = source + i * Bytes;
                var q = tile + at + i;
                Columns(p + 12, out var ax, out var ay, out var az, out var bx);
                Columns(p + 28, out var by, out var bz, out var cx, out var cy);
                Columns(p + 32, out _, out _, out _, out var cz);
                ax.Store(q);
                ay.Store(q + TriangleTile.Capacity);
                az.Store(q + 2 * TriangleTile.Capacity);
                bx.Store(q + 3 * TriangleTile.Capacity);
                by.Store(q + 4 * TriangleTile.Capacity);
                bz.Store(q + 5 * TriangleTile.Capacity);
                cx.Store(q + 6 * TriangleTile.Capacity);
                cy.Store(q + 7 * TriangleTile.Capacity);
                cz.Store(q + 8 * TriangleTile.Capacity);
            }
            return i;
        }
    }

    /// <summary>Four floats at p of eight records become four vectors of eight: records 0–3 in the low half, 4–7 in the high half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe void Columns(byte* p, out Vector256<float> c0, out Vector256<float> c1, out Vector256<float> c2, out Vector256<float> c3)
    {
        var r0 = Pair(p, p + 4 * Bytes);
        var r1 = Pair(p + Bytes, p + 5 * Bytes);
        var r2 = Pair(p + 2 * Bytes, p + 6 * Bytes);
        var r3 = Pair(p + 3 * Bytes, p + 7 * Bytes);
        var t0 = Avx.UnpackLow(r0, r1);
        var t1 = Avx.UnpackLow(r2, r3);
        var t2 = Avx.UnpackHigh(r0, r1);
        var t3 = Avx.UnpackHigh(r2, r3);
        c0 = Avx.Shuffle(t0, t1, 0x44);
        c1 = Avx.Shuffle(t0, t1, 0xEE);
        c2 = Avx.Shuffle(t2, t3, 0x44);
        c3 = Avx.Shuffle(t2, t3, 0xEE);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe Vector256<float> Pair(byte* low, byte* high) =>
        Avx.InsertVector128(Vector128.Load((float*)low).ToVector256Unsafe(), Vector128.Load((float*)high), 1);
}
