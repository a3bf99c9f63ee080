using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Topology;

/// <summary>
/// The mesh every analysis reads: welded, repaired, turned outward, without collapsed triangles. Vertex numbers follow the order of first
/// sight in the file, so they may decide nothing that reaches an answer.
/// </summary>
sealed class SolidMesh
{
    SolidMesh(float[] coordinates, int[] corners, int[] fileTriangles)
    {
        Coordinates = coordinates;
        Corners = corners;
        FileTriangles = fileTriangles;
    }

    /// <summary>x, y, z in mm of each vertex, one after another.</summary>
    public float[] Coordinates { get; }

    /// <summary>Vertex numbers, three per triangle, counter-clockwise seen from outside.</summary>
    public int[] Corners { get; }

    /// <summary>For each triangle its number in the file, from 0, rising; those that close holes come after the file's last.</summary>
    public int[] FileTriangles { get; }

    public int Triangles => Corners.Length / 3;

    public int Vertices => Coordinates.Length / 3;

    public Point3 Vertex(int vertex) => new(Coordinates[3 * vertex], Coordinates[3 * vertex + 1], Coordinates[3 * vertex + 2]);

    public LaneBox BoxOf(int triangle)
    {
        var a = Lanes(Corners[3 * triangle]);
        var b = Lanes(Corners[3 * triangle + 1]);
        var c = Lanes(Corners[3 * triangle + 2]);
        return new(Vector128.Min(Vector128.Min(a, b), c), Vector128.Max(Vector128.Max(a, b), c));
    }

    Vector128<float> Lanes(int vertex) => Vector128.Create(Coordinates[3 * vertex], Coordinates[3 * vertex + 1], Coordinates[3 * vertex + 2], 0);

    /// <summary>Which of a triangle's corners (0, 1, 2) is the first by x, y, z: where a walk around it begins that no file decides.</summary>
    public int LowestCorner(int triangle)
    {
        var a = Vertex(Corners[3 * triangle]);
        var b = Vertex(Corners[3 * triangle + 1]);
        var c = Vertex(Corners[3 * triangle + 2]);
        return Compare(a, b) < 0 ? Compare(a, c) < 0 ? 0 : 2 : Compare(b, c) < 0 ? 1 : 2;
    }

    /// <summary>By x, then y, then z.</summary>
    public static int Compare(in Point3 a, in Point3 b) =>
        a.X != b.X ? a.X.CompareTo(b.X) : a.Y != b.Y ? a.Y.CompareTo(b.Y) : a.Z.CompareTo(b.Z);

    /// <summary>Copies what the repair left. With <paramref name="isInverted"/> every triangle is turned round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static SolidMesh Of(ReadOnlySpan<int> repairedCorners, VertexTable vertices, bool isInverted)
    {
        var kept = 0;
        for (var i = 0; i < repairedCorners.Length; i += 3)
            kept += EdgeTable.IsCollapsed(repairedCorners, i) ? 0 : 1;
        var corners = new int[3 * kept];
        var fileTriangles = new int[kept];
        kept = 0;
        for (var i = 0; i < repairedCorners.Length; i += 3)
        {
            if (EdgeTable.IsCollapsed(repairedCorners, i))
                continue;
            corners[3 * kept] = repairedCorners[i];
            corners[3 * kept + 1] = repairedCorners[isInverted ? i + 2 : i + 1];
            corners[3 * kept + 2] = repairedCorners[isInverted ? i + 1 : i + 2];
            fileTriangles[kept++] = i / 3;
        }
        var coordinates = new float[3 * vertices.Count];
        for (var v = 0; v < vertices.Count; v++)
        {
            var at = vertices[v];
            coordinates[3 * v] = (float)at.X;
            coordinates[3 * v + 1] = (float)at.Y;
            coordinates[3 * v + 2] = (float)at.Z;
        }
        return new(coordinates, corners, fileTriangles);
    }

    /// <summary>
    /// The mesh as it lies in a frame: each coordinate computed in double and rounded to float32 once, so the answer is the vertex's and
    /// the frame's alone. The triangles are the same ones.
    /// </summary>
    public SolidMesh Placed(Frame frame)
    {
        if (frame == Frame.AsIs)
            return this;
        var placed = new float[Coordinates.Length];
        for (var v = 0; v < placed.Length; v += 3)
        {
            var at = frame.Place(new(Coordinates[v], Coordinates[v + 1], Coordinates[v + 2]));
            // Adding +0 takes the sign off a zero.
            placed[v] = (float)at.X + 0f;
            placed[v + 1] = (float)at.Y + 0f;
            placed[v + 2] = (float)at.Z + 0f;
        }
        return new(placed, Corners, FileTriangles);
    }
}
