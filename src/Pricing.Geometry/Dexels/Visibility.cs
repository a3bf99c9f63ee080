namespace Pricing.Geometry.Dexels;

/// <summary>From which of ±x, ±y, ±z a point of the surface is seen: nothing of the part beyond it in its column of that axis's field.</summary>
sealed class Visibility(DexelField[] fields)
{
    /// <summary>A point is looked at from this far off the surface, in cells: an upright wall is seen along itself.</summary>
    const double OffCells = 0.75;

    /// <summary>What may stand in the way without hiding, in cells: a concave fillet rises within the step off the surface.</summary>
    const double ToleranceCells = 0.5;

    readonly DexelField[] _byAxis = [.. fields.OrderBy(field => field.Axis)];

    /// <summary>Bit 2a: seen from +a; bit 2a + 1: from −a.</summary>
    public int Of(DexelField field, int column, int index, ReadOnlySpan<ulong> crossings, Point3 normal)
    {
        var axis = field.Axis;
        var grid = field.Grid;
        // Along its own axis the column itself answers.
        var seen = index == crossings.Length - 1 ? 1 << 2 * axis : index == 0 ? 2 << 2 * axis : 0;
        int first = (axis + 1) % 3, second = (axis + 2) % 3;
        var u = (column % field.Width + 0.5) * grid.CellMm[first] + normal.X * OffCells * grid.PitchMm;
        var v = (column / field.Width + 0.5) * grid.CellMm[second] + normal.Y * OffCells * grid.PitchMm;
        var w = Crossing.Height(crossings[index]) / grid.QuantaPerMm + normal.Z * OffCells * grid.PitchMm;
        return seen | Along(first, u, v, w) | Along(second, v, w, u);
    }

    /// <param name="axis">The field asked.</param>
    /// <param name="height">Coordinate along it, mm from the box's corner.</param>
    /// <param name="u">Coordinate along the next axis.</param>
    /// <param name="v">Coordinate along the one after.</param>
    public int Along(int axis, double height, double u, double v)
    {
        var field = _byAxis[axis];
        var grid = field.Grid;
        int x = (int)Math.Floor(u / grid.CellMm[(axis + 1) % 3]), y = (int)Math.Floor(v / grid.CellMm[(axis + 2) % 3]);
        if (x < 0 || y < 0 || x >= field.Width || y >= field.Height)
            return 3 << 2 * axis;
        var crossings = field.Column(y * field.Width + x);
        if (crossings.Length == 0)
            return 3 << 2 * axis;
        var tolerance = ToleranceCells * grid.PitchMm;
        var seen = height + tolerance >= Crossing.Height(crossings[^1]) / grid.QuantaPerMm ? 1 : 0;
        if (height - tolerance <= Crossing.Height(crossings[0]) / grid.QuantaPerMm)
            seen |= 2;
        return seen << 2 * axis;
    }
}
