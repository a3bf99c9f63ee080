namespace Pricing.Geometry.Mesh;

/// <summary>Receives full tiles (and one partial tile at the end) in file order. May keep the tile only by returning another one to fill.</summary>
public interface ITileConsumer
{
    /// <summary>Takes a tile with its tail cleared; answers the tile to fill next (the same one when the work is done on the spot).</summary>
    TriangleTile Accept(TriangleTile tile);
}

/// <summary>
/// Where decoders put triangles: applies unit and scale in double, rounds once to float32, refuses non-finite and far coordinates,
/// counts triangles against the limit, hands full tiles on.
/// </summary>
public sealed class TileWriter
{
    readonly ITileConsumer _consumer;
    TriangleTile _tile;
    int _count;

    /// <param name="consumer">Takes full tiles.</param>
    /// <param name="tile">The first tile to fill.</param>
    public TileWriter(ITileConsumer consumer, TriangleTile tile)
    {
        _consumer = consumer;
        _tile = tile;
    }

    /// <summary>Millimetres per file unit times scale. Set before the first triangle, by the decoder, once the unit is known.</summary>
    public double Factor { get; set; } = 1;

    /// <summary>Triangles written so far.</summary>
    public long Triangles { get; private set; }

    /// <summary>Scales and rounds one coordinate: multiplied in double, rounded once to float32.</summary>
    public float Scale(double coordinate) => (float)(coordinate * Factor);

    /// <summary>Adds a triangle whose coordinates are already scaled (see <see cref="Scale"/>), in mm.</summary>
    public void Add(float ax, float ay, float az, float bx, float by, float bz, float cx, float cy, float cz)
    {
        var i = _count;
        var lanes = _tile.Lanes;
        lanes[i] = ax;
        lanes[TriangleTile.Capacity + i] = ay;
        lanes[2 * TriangleTile.Capacity + i] = az;
        lanes[3 * TriangleTile.Capacity + i] = bx;
        lanes[4 * TriangleTile.Capacity + i] = by;
        lanes[5 * TriangleTile.Capacity + i] = bz;
        lanes[6 * TriangleTile.Capacity + i] = cx;
        lanes[7 * TriangleTile.Capacity + i] = cy;
        lanes[8 * TriangleTile.Capacity + i] = cz;
        if (++_count == TriangleTile.Capacity)
            Flush();
    }

    /// <summary>Hands on what is left. Called once, by the decoder's Finish.</summary>
    public void Complete()
    {
        if (_count > 0)
            Flush();
    }

    void Flush()
    {
        _tile.Count = _count;
        _tile.FirstTriangle = Triangles;
        _tile.ClearTail();
        if (Triangles + _count > Limits.Mesh.TrianglesMax)
            throw new MeshFormatException("TOO_MANY_TRIANGLES", "The model has too many triangles.", "triangles",
                $"{Limits.Mesh.TrianglesMax} triangles", $"more than {Limits.Mesh.TrianglesMax} triangles");
        CheckCoordinates(_tile, Triangles);
        Triangles += _count;
        _count = 0;
        _tile = _consumer.Accept(_tile);
        _tile.Count = 0;
    }

    /// <summary>One compare catches NaN, infinity and far coordinates; the slow search runs only to name the triangle.</summary>
    static void CheckCoordinates(TriangleTile tile, long firstTriangle)
    {
        var ok = true;
        foreach (var v in tile.Lanes)
            ok &= Math.Abs(v) <= (float)Limits.Mesh.CoordinateMmMax;
        if (ok)
            return;
        for (var i = 0; i < tile.Count; i++)
            for (var lane = 0; lane < 9; lane++)
            {
                var v = tile.Lanes[lane * TriangleTile.Capacity + i];
                if (Math.Abs(v) <= (float)Limits.Mesh.CoordinateMmMax)
                    continue;
                var field = $"triangle {firstTriangle + i}, vertex {lane / 3}, {"xyz"[lane % 3]}";
                throw float.IsFinite(v)
                    ? new MeshFormatException("COORDINATE_OUT_OF_RANGE", "A coordinate is too far from the origin.", field,
                        $"{Limits.Mesh.CoordinateMmMax} mm", $"{v} mm")
                    : new MeshFormatException("COORDINATE_NOT_FINITE", "A coordinate is not a finite number.", field, "a finite number", v.ToString());
            }
    }
}
