using Pricing.Geometry.Lanes;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>
/// Places every vertex in a field's plane and snaps it to 1/256 cell: first axis in the low half of 64 bits, second in the high half.
/// From here on the raster is whole numbers, and neighbouring triangles agree about their common edge. Reference twin: ColumnSnap.Reference.cs.
/// </summary>
static unsafe partial class ColumnSnap
{
    /// <summary>Steps per cell, a power of two.</summary>
    public const int StepBits = 8, Steps = 1 << StepBits;

    /// <summary>Vertices brought into rows at a time.</summary>
    const int Batch = 256;

    public static long[] Of(SolidMesh mesh, DexelGrid grid, int axis, InstructionSet set, int threads)
    {
        var snapped = new long[mesh.Vertices];
        Bands.Run(threads, mesh.Vertices, (from, to) =>
        {
            switch (set)
            {
                case InstructionSet.Avx512:
                    Run<Doubles512>(mesh.Coordinates, grid, axis, from, to, snapped);
                    break;
                case InstructionSet.Avx2:
                    Run<Doubles256>(mesh.Coordinates, grid, axis, from, to, snapped);
                    break;
                default:
                    Run<Doubles1>(mesh.Coordinates, grid, axis, from, to, snapped);
                    break;
            }
        });
        return snapped;
    }

    static void Run<T>(float[] coordinates, DexelGrid grid, int axis, int from, int to, long[] snapped)
        where T : unmanaged, IDoubles<T>
    {
        int first = (axis + 1) % 3, second = (axis + 2) % 3;
        Point3 row = grid.Rows[first], other = grid.Rows[second];
        T ux = T.Of(row.X), uy = T.Of(row.Y), uz = T.Of(row.Z), vx = T.Of(other.X), vy = T.Of(other.Y), vz = T.Of(other.Z);
        T minU = T.Of(grid.Min[first]), minV = T.Of(grid.Min[second]);
        T scaleU = T.Of(Steps / grid.CellMm[first]), scaleV = T.Of(Steps / grid.CellMm[second]), magic = T.Of(FixedPoint.Magic);
        // A batch is a whole number of rows of lanes; the last one reads zeros beyond its vertices.
        var x = stackalloc float[Batch];
        var y = stackalloc float[Batch];
        var z = stackalloc float[Batch];
        var u = stackalloc long[Batch];
        var v = stackalloc long[Batch];
        for (var start = from; start < to; start += Batch)
        {
            var count = Math.Min(Batch, to - start);
            for (var i = 0; i < count; i++)
            {
                x[i] = coordinates[3 * (start + i)];
                y[i] = coordinates[3 * (start + i) + 1];
                z[i] = coordinates[3 * (start + i) + 2];
            }
            for (var i = 0; i < count; i += T.Count)
            {
                T px = T.Widen(x + i), py = T.Widen(y + i), pz = T.Widen(z + i);
                T.Store((ux * px + uy * py + uz * pz - minU) * scaleU + magic, (double*)(u + i));
                T.Store((vx * px + vy * py + vz * pz - minV) * scaleV + magic, (double*)(v + i));
            }
            for (var i = 0; i < count; i++)
                snapped[start + i] = (u[i] - FixedPoint.MagicBits) & 0xffffffff | (v[i] - FixedPoint.MagicBits) << 32;
        }
    }
}
