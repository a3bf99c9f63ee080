using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>
/// Finds the columns that pass through each triangle. Edge functions are whole numbers and a centre on an edge belongs to the upper or
/// left triangle alone, so a closed mesh crosses every column an even number of times. Reference twin: TriangleRaster.Reference.cs.
/// </summary>
static unsafe partial class TriangleRaster
{
    /// <summary>Wider triangles have their rows cut to the covered span instead of tested cell by cell.</summary>
    const int WideCells = 8;

    /// <summary>Triangles between two looks at whether there are too many crossings already.</summary>
    const int Stride = 1 << 14;

    /// <param name="mesh">The mesh.</param>
    /// <param name="grid">The lattice.</param>
    /// <param name="axis">Along which the columns run.</param>
    /// <param name="snapped">The vertices, by <see cref="ColumnSnap"/>.</param>
    /// <param name="set">Vector width.</param>
    /// <param name="from">First triangle.</param>
    /// <param name="to">One past the last.</param>
    /// <param name="sink">Takes the crossings.</param>
    /// <param name="isEnough">Asked now and then, with the crossings found: true ends the work.</param>
    public static void Run(SolidMesh mesh, DexelGrid grid, int axis, long[] snapped, InstructionSet set, int from, int to, CrossingSink sink, Func<bool> isEnough)
    {
        for (var start = from; start < to && !isEnough(); start += Stride)
        {
            var end = Math.Min(to, start + Stride);
            // Every CPU with AVX2 has the 128-bit minimum this needs.
            if (set == InstructionSet.Portable)
                Run<ScalarCoverage>(mesh, grid, axis, snapped, start, end, sink, isEnough);
            else
                Run<VectorCoverage>(mesh, grid, axis, snapped, start, end, sink, isEnough);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Run<T>(SolidMesh mesh, DexelGrid grid, int axis, long[] snapped, int from, int to, CrossingSink sink, Func<bool> isEnough)
        where T : struct, ICoverage
    {
        // Corners are vertex numbers of this very mesh, and snapped has one entry per vertex.
        fixed (int* corners = mesh.Corners)
        fixed (long* at = snapped)
        fixed (float* coordinates = mesh.Coordinates)
            for (var t = from; t < to; t++)
            {
                int a = corners[3 * t], b = corners[3 * t + 1], c = corners[3 * t + 2];
                if (!T.Of(at[a], at[b], at[c], out var first, out var last))
                    continue;
                sink.Active++;
                if (Cover(Facet.Of(coordinates, a, b, c, at, grid, axis), first, last, grid, axis, sink) > 1 << 16 && isEnough())
                    return;
            }
    }

    /// <returns>Crossings found.</returns>
    static long Cover(in Facet facet, long first, long last, DexelGrid grid, int axis, CrossingSink sink)
    {
        if (facet.Area2 == 0)
            return 0;
        int x0 = (int)first, x1 = (int)last, y0 = (int)(first >> 32), y1 = (int)(last >> 32);
        var width = grid.Cells[(axis + 1) % 3];
        // Edge functions, from a corner to the next, with the inside to the left; w of the edge opposite a corner is its weight.
        long ax = facet.Ax, ay = facet.Ay, bx = facet.Bx, by = facet.By, cx = facet.Cx, cy = facet.Cy;
        long stepXa = by - cy, stepYa = cx - bx, stepXb = cy - ay, stepYb = ax - cx, stepXc = ay - by, stepYc = bx - ax;
        long biasA = Bias(stepXa, stepYa), biasB = Bias(stepXb, stepYb), biasC = Bias(stepXc, stepYc);
        long x = (long)x0 * ColumnSnap.Steps + ColumnSnap.Steps / 2, y = (long)y0 * ColumnSnap.Steps + ColumnSnap.Steps / 2;
        var rowA = stepXa * (x - bx) + stepYa * (y - by) + biasA;
        var rowB = stepXb * (x - cx) + stepYb * (y - cy) + biasB;
        var rowC = stepXc * (x - ax) + stepYc * (y - ay) + biasC;
        (stepXa, stepXb, stepXc) = (stepXa * ColumnSnap.Steps, stepXb * ColumnSnap.Steps, stepXc * ColumnSnap.Steps);
        (stepYa, stepYb, stepYc) = (stepYa * ColumnSnap.Steps, stepYb * ColumnSnap.Steps, stepYc * ColumnSnap.Steps);
        var isWide = x1 - x0 >= WideCells;
        var found = 0L;
        var normal = ulong.MaxValue;
        for (var row = y0; row <= y1; row++, rowA += stepYa, rowB += stepYb, rowC += stepYc)
        {
            int from = 0, to = x1 - x0;
            if (isWide)
            {
                Clip(rowA, stepXa, ref from, ref to);
                Clip(rowB, stepXb, ref from, ref to);
                Clip(rowC, stepXc, ref from, ref to);
            }
            long a = rowA + from * stepXa, b = rowB + from * stepXb, c = rowC + from * stepXc;
            for (var i = from; i <= to; i++, a += stepXa, b += stepXb, c += stepXc)
            {
                if ((a | b | c) < 0)
                    continue;
                if (normal == ulong.MaxValue)
                    normal = facet.NormalBits();
                sink.At(row).Add(facet.Crossing(b - biasB, c - biasC, normal), row * width + x0 + i);
                found++;
            }
        }
        return found;
    }

    /// <summary>The top-left rule: a centre on an edge counts for the triangle below the top or right of the left edge only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long Bias(long stepX, long stepY) => stepX > 0 || (stepX == 0 && stepY > 0) ? 0 : -1;

    /// <summary>Narrows a row to the cells where w + i · step ≥ 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Clip(long w, long step, ref int from, ref int to)
    {
        if (step > 0)
        {
            if (w < 0)
                from = (int)Math.Max(from, Math.Min(int.MaxValue, (-w + step - 1) / step));
        }
        else if (w < 0)
            to = -1;
        else if (step < 0)
            to = (int)Math.Min(to, w / -step);
    }
}
