using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Squared distance of cell centres to the nearest contour piece, within a band. A minimum, so the order of pieces does not matter; eight cells at a
/// time in the same operations on every CPU.
/// </summary>
sealed unsafe class DistanceField : IDisposable
{
    readonly RasterPlan _plan;
    readonly float* _squared;
    readonly byte* _touched;
    readonly float[] _centreX;
    readonly float _band2;
    readonly ulong[] _spread = new ulong[256];

    public DistanceField(RasterPlan plan)
    {
        _plan = plan;
        _squared = (float*)NativeMemory.AlignedAlloc((nuint)(plan.Cells + 64) * sizeof(float), 64);
        _touched = (byte*)NativeMemory.AllocZeroed((nuint)(plan.Blocks * plan.Rows) + 8);
        _band2 = (float)(plan.BandMm * plan.BandMm);
        new Span<float>(_squared, plan.Cells + 64).Fill(_band2);
        _centreX = new float[plan.Columns + 8];
        for (var i = 0; i < _centreX.Length; i++)
            _centreX[i] = (float)(plan.OriginX + (i + 0.5) * plan.CellMm);
        // Eight bits to eight bytes 0 or 0xFF.
        for (var bits = 0; bits < 256; bits++)
            for (var i = 0; i < 8; i++)
                if ((bits >> i & 1) != 0)
                    _spread[bits] |= 0xFFul << (8 * i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<Segment> segments, ReadOnlySpan<bool> dropped)
    {
        var plan = _plan;
        var band = plan.BandMm;
        var perCell = 1 / plan.CellMm;
        fixed (float* centreX = _centreX)
        {
            for (var n = 0; n < segments.Length; n++)
            {
                if (dropped[n])
                    continue;
                var s = segments[n];
                float dx = s.X1 - s.X0, dy = s.Y1 - s.Y0;
                var length2 = dx * dx + dy * dy;
                var inverse = length2 > 0 ? 1 / length2 : 0;
                var length = Math.Sqrt(length2);
                var i0 = Math.Max(0, (int)Math.Ceiling((Math.Min(s.X0, s.X1) - band - plan.OriginX) * perCell - 0.5));
                var i1 = Math.Min(plan.Columns - 1, (int)Math.Floor((Math.Max(s.X0, s.X1) + band - plan.OriginX) * perCell - 0.5));
                var j0 = Math.Max(0, (int)Math.Ceiling((Math.Min(s.Y0, s.Y1) - band - plan.OriginY) * perCell - 0.5));
                var j1 = Math.Min(plan.Rows - 1, (int)Math.Floor((Math.Max(s.Y0, s.Y1) + band - plan.OriginY) * perCell - 0.5));
                // A long slanted piece reaches only some columns of each row.
                var slanted = length > 2 * band && Math.Abs(dy) > 1e-6f * length;
                var reach = slanted ? band * length / Math.Abs(dy) : 0;
                var run = slanted ? (double)dx / dy : 0;
                var vdx = Vector256.Create(dx);
                var vdy = Vector256.Create(dy);
                var vx0 = Vector256.Create(s.X0);
                var vinverse = Vector256.Create(inverse);
                for (var j = j0; j <= j1; j++)
                {
                    var py = (float)(plan.OriginY + (j + 0.5) * plan.CellMm) - s.Y0;
                    int a = i0, b = i1;
                    if (slanted)
                    {
                        var x = s.X0 + py * run;
                        a = Math.Max(a, (int)Math.Ceiling((x - reach - plan.OriginX) * perCell - 0.5));
                        b = Math.Min(b, (int)Math.Floor((x + reach - plan.OriginX) * perCell - 0.5));
                    }
                    if (a > b)
                        continue;
                    var row = _squared + j * plan.Columns;
                    var along = Vector256.Create(py * dy);
                    var vpy = Vector256.Create(py);
                    // Whole vectors that begin at a multiple of eight: which cells a piece reaches does not depend on anything else.
                    a &= ~7;
                    for (var i = a; i <= b; i += 8)
                    {
                        var px = Vector256.Load(centreX + i) - vx0;
                        var t = (px * vdx + along) * vinverse;
                        t = Vector256.Min(Vector256.Max(t, Vector256<float>.Zero), Vector256<float>.One);
                        var ex = px - t * vdx;
                        var ey = vpy - t * vdy;
                        Vector256.Min(Vector256.Load(row + i), ex * ex + ey * ey).Store(row + i);
                    }
                    for (var block = a >> 5; block <= b >> 5; block++)
                        _touched[j * plan.Blocks + block] = 1;
                }
            }
        }
    }

    /// <summary>Turns distances and interior into the layer's signed bytes, counts each value, and readies the field for the next layer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(Interior interior, LayerRaster layer, int[] counts)
    {
        var plan = _plan;
        var quanta = Vector256.Create((float)plan.QuantaPerMm);
        var half = Vector256.Create(0.5f);
        var band2 = Vector256.Create(_band2);
        var most = Vector256.Create(127);
        var bytes = stackalloc ulong[4];
        int first = plan.Rows, end = 0;
        Array.Clear(counts);
        for (var j = 0; j < plan.Rows; j++)
        {
            int begin = plan.Blocks, stop = 0;
            for (var b = 0; b < plan.Blocks; b++)
            {
                var mask = interior.Mask[j * plan.Blocks + b];
                var touched = _touched[j * plan.Blocks + b] != 0;
                if (mask == 0 && !touched)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                if (touched)
                {
                    _touched[j * plan.Blocks + b] = 0;
                    var d = _squared + at;
                    var q0 = Quantise(d, quanta, half, band2, most);
                    var q1 = Quantise(d + 8, quanta, half, band2, most);
                    var q2 = Quantise(d + 16, quanta, half, band2, most);
                    var q3 = Quantise(d + 24, quanta, half, band2, most);
                    var q = Vector256.Narrow(Vector256.Narrow(q0, q1), Vector256.Narrow(q2, q3));
                    bytes[0] = _spread[mask & 255];
                    bytes[1] = _spread[mask >> 8 & 255];
                    bytes[2] = _spread[mask >> 16 & 255];
                    bytes[3] = _spread[mask >> 24];
                    q = Vector256.ConditionalSelect(Vector256.Load((sbyte*)bytes), q, -q);
                    if (Vector256.EqualsAll(q, Vector256.Create((sbyte)-127)))
                        continue;
                    q.Store(layer.Sd + at);
                    for (var i = 0; i < RasterPlan.Block; i++)
                        counts[layer.Sd[at + i] + 128]++;
                }
                else
                {
                    var q = Vector256.Create((sbyte)127);
                    if (mask != uint.MaxValue)
                    {
                        bytes[0] = _spread[mask & 255];
                        bytes[1] = _spread[mask >> 8 & 255];
                        bytes[2] = _spread[mask >> 16 & 255];
                        bytes[3] = _spread[mask >> 24];
                        q = Vector256.ConditionalSelect(Vector256.Load((sbyte*)bytes), q, -q);
                    }
                    q.Store(layer.Sd + at);
                    counts[255] += System.Numerics.BitOperations.PopCount(mask);
                }
                layer.Flags[j * plan.Blocks + b] = LayerRaster.Present;
                begin = Math.Min(begin, b);
                stop = b + 1;
            }
            layer.RowBegin[j] = Math.Min(begin, stop);
            layer.RowEnd[j] = stop;
            if (stop > 0)
            {
                first = Math.Min(first, j);
                end = j + 1;
            }
        }
        layer.FirstRow = Math.Min(first, end);
        layer.EndRow = end;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<int> Quantise(float* squared, Vector256<float> quanta, Vector256<float> half, Vector256<float> band2, Vector256<int> most)
    {
        var d = Vector256.Load(squared);
        var q = Vector256.Min(Vector256.ConvertToInt32(Vector256.Sqrt(d) * quanta + half), most);
        q = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(d, band2).AsInt32(), most, q);
        band2.Store(squared);
        return q;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_squared);
        NativeMemory.Free(_touched);
    }
}
