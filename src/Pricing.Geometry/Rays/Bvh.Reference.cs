using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Rays;

sealed unsafe partial class Bvh
{
    /// <summary>The same by asking every triangle.</summary>
    public static double Reference(SolidMesh mesh, Point3 origin, Point3 direction, bool fromInside)
    {
        var best = double.PositiveInfinity;
        for (var t = 0; t < mesh.Triangles; t++)
            best = Math.Min(best, Distance(mesh, t, origin, direction, fromInside));
        return best;
    }
}
