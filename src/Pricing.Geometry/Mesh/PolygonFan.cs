namespace Pricing.Geometry.Mesh;

/// <summary>
/// Cuts polygons of an indexed format into a fan from their first corner. The fan keeps signed volume and the boundary of any planar
/// polygon, convex or not. Polygons of fewer than three corners have no area: they are skipped and counted.
/// </summary>
sealed class PolygonFan(VertexStore vertices, TileWriter writer)
{
    int _corners;
    int _first;
    int _previous;

    /// <summary>Polygons of fewer than three corners so far.</summary>
    public long Skipped { get; private set; }

    public void Begin() => _corners = 0;

    /// <summary>Adds a corner by its index from 0; refuses one outside the vertices read so far.</summary>
    public void Corner(long index, string place, long placeNumber)
    {
        if ((ulong)index >= (ulong)vertices.Count)
            throw new MeshFormatException("INDEX_OUT_OF_RANGE", "A face names a vertex that does not exist.", $"{place} {placeNumber}",
                $"{vertices.Count} vertices", $"vertex {index}, counted from 0");
        if (_corners == Limits.Mesh.PolygonCornersMax)
            throw TooManyCorners($"{place} {placeNumber}", _corners + 1L);
        var i = (int)index;
        if (_corners == 0)
            _first = i;
        else if (_corners >= 2)
        {
            var a = vertices[_first];
            var b = vertices[_previous];
            var c = vertices[i];
            writer.Add(a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]);
        }
        _previous = i;
        _corners++;
    }

    public void End()
    {
        if (_corners < 3)
            Skipped++;
    }

    public static MeshFormatException TooManyCorners(string place, long corners) => new("FACE_TOO_MANY_CORNERS",
        "A face has too many corners.", place, $"{Limits.Mesh.PolygonCornersMax} corners", $"{corners} corners");

    public IEnumerable<MeasurementNote> Notes() => Skipped == 0 ? [] :
        [new MeasurementNote("FACES_SKIPPED", IsWarning: true, $"{Skipped} faces of fewer than three corners were ignored.")];
}
