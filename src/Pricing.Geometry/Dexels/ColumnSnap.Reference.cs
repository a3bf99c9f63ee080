using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

static unsafe partial class ColumnSnap
{
    /// <summary>The same, as plainly as it can be said.</summary>
    public static long[] Reference(SolidMesh mesh, DexelGrid grid, int axis)
    {
        int first = (axis + 1) % 3, second = (axis + 2) % 3;
        var snapped = new long[mesh.Vertices];
        for (var i = 0; i < mesh.Vertices; i++)
            snapped[i] = (uint)Snap(first, i) | (long)Snap(second, i) << 32;
        return snapped;

        int Snap(int a, int i)
        {
            var row = grid.Rows[a];
            var at = row.X * mesh.Coordinates[3 * i] + row.Y * mesh.Coordinates[3 * i + 1] + row.Z * mesh.Coordinates[3 * i + 2];
            return (int)Math.Round((at - grid.Min[a]) * (Steps / grid.CellMm[a]));
        }
    }
}
