namespace Pricing.Geometry.Topology;

/// <summary>The plain twin: every triangle against every other.</summary>
sealed partial record SelfIntersections
{
    internal static long Reference(SolidMesh mesh)
    {
        var triangles = Enumerable.Range(0, mesh.Triangles)
            .Select(t => Enumerable.Range(0, 3).Select(c => mesh.Vertex(mesh.Corners[3 * t + c])).ToArray()).ToArray();
        var pairs = 0L;
        for (var i = 0; i < triangles.Length; i++)
            for (var j = i + 1; j < triangles.Length; j++)
                pairs += TriangleMeeting.Reference(triangles[i], triangles[j]) ? 1 : 0;
        return pairs;
    }
}
