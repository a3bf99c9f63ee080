using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

static unsafe partial class TriangleRaster
{
    /// <summary>Asks every cell of the field of every triangle.</summary>
    public static List<FoundCrossing> Reference(SolidMesh mesh, DexelGrid grid, int axis)
    {
        List<FoundCrossing> found = [];
        var snapped = ColumnSnap.Reference(mesh, grid, axis);
        int width = grid.Cells[(axis + 1) % 3], height = grid.Cells[(axis + 2) % 3];
        fixed (float* coordinates = mesh.Coordinates)
        fixed (long* at = snapped)
            for (var t = 0; t < mesh.Triangles; t++)
            {
                var facet = Facet.Of(coordinates, mesh.Corners[3 * t], mesh.Corners[3 * t + 1], mesh.Corners[3 * t + 2], at, grid, axis);
                if (facet.Area2 == 0)
                    continue;
                for (var column = 0; column < width * height; column++)
                {
                    Int128 x = 256 * (column % width) + 128, y = 256 * (column / width) + 128;
                    Int128 a = Side(facet.Bx, facet.By, facet.Cx, facet.Cy, x, y);
                    Int128 b = Side(facet.Cx, facet.Cy, facet.Ax, facet.Ay, x, y);
                    Int128 c = Side(facet.Ax, facet.Ay, facet.Bx, facet.By, x, y);
                    if (Counts(a, facet.Bx, facet.By, facet.Cx, facet.Cy) && Counts(b, facet.Cx, facet.Cy, facet.Ax, facet.Ay)
                        && Counts(c, facet.Ax, facet.Ay, facet.Bx, facet.By))
                        found.Add(new(facet.Crossing((long)b, (long)c, facet.NormalBits()), column));
                }
            }
        return found;

        // Twice the area of the triangle from an edge to a point, positive on the left.
        static Int128 Side(int fromX, int fromY, int toX, int toY, Int128 x, Int128 y) =>
            (Int128)(toX - (long)fromX) * (y - fromY) - (Int128)(toY - (long)fromY) * (x - fromX);

        // On the edge itself: only where the edge goes down, or goes right.
        static bool Counts(Int128 side, int fromX, int fromY, int toX, int toY) => side > 0 || (side == 0 && (toY < fromY || (toY == fromY && toX > fromX)));
    }
}
