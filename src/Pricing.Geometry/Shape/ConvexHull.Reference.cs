using System.Numerics;

namespace Pricing.Geometry.Shape;

/// <summary>The plain twin, O(n⁴): three points whose plane has nothing above it are of a face; a corner is a point of three faces or more.</summary>
sealed partial class ConvexHull
{
    /// <summary>Vertices and, of each face, the numbers of its vertices in rising order; the faces in order.</summary>
    internal static (Vector3[] Vertices, int[][] Faces) Reference(IEnumerable<Vector3> points)
    {
        Vector3[] all = [.. points.Distinct().OrderBy(p => p.X).ThenBy(p => p.Y).ThenBy(p => p.Z)];
        HashSet<string> known = [];
        List<int[]> faces = [];
        for (var a = 0; a < all.Length; a++)
            for (var b = 0; b < all.Length; b++)
                for (var c = 0; c < all.Length; c++)
                {
                    if (a == b || b == c || a == c || !HullBuilder.IsOffLine(all[a], all[b], all[c]))
                        continue;
                    var sides = all.Select(p => PlaneSide.Exact(all[a], all[b], all[c], p)).ToArray();
                    if (sides.Any(side => side > 0) || sides.All(side => side == 0))
                        continue;
                    int[] face = [.. Enumerable.Range(0, all.Length).Where(p => sides[p] == 0)];
                    if (known.Add(string.Join(' ', face)))
                        faces.Add(face);
                }
        int[] extreme = [.. Enumerable.Range(0, all.Length).Where(p => faces.Count(face => face.Contains(p)) > 2)];
        return ([.. extreme.Select(p => all[p])],
            [.. faces.Select(face => face.Where(extreme.Contains).Select(p => Array.IndexOf(extreme, p)).ToArray()).OrderBy(face => string.Join(' ', face))]);
    }
}
