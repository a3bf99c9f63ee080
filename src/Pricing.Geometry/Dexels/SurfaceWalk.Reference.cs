namespace Pricing.Geometry.Dexels;

sealed partial class SurfaceWalk
{
    /// <summary>A wall's or a gap's width and the directions that see a point, for every point of the surface, as plainly as they can be said.</summary>
    public static IEnumerable<(int Axis, ulong Crossing, double WallMm, double GapMm, int Directions)> Reference(DexelField[] fields)
    {
        foreach (var field in fields)
            for (var column = 0; column < field.Width * field.Height; column++)
            {
                var crossings = field.Column(column).ToArray();
                for (var i = 0; i < crossings.Length; i++)
                {
                    if (!Crossing.IsOwned(crossings[i]))
                        continue;
                    var inward = Crossing.IsExit(crossings[i]) ? i - 1 : i + 1;
                    var outward = Crossing.IsExit(crossings[i]) ? i + 1 : i - 1;
                    yield return (field.Axis, crossings[i], Between(field, crossings[i], crossings[inward]),
                        outward >= 0 && outward < crossings.Length ? Between(field, crossings[i], crossings[outward]) : double.NaN,
                        Seen(fields, field, column, crossings[i]));
                }
            }

        static double Between(DexelField field, ulong here, ulong there)
        {
            Point3 n = Crossing.Normal(here), m = Crossing.Normal(there);
            var cosine = n.X * m.X + n.Y * m.Y + n.Z * m.Z;
            var distance = Math.Abs((double)Crossing.Height(here) - Crossing.Height(there)) / field.Grid.QuantaPerMm;
            return cosine > -0.8660254037844386 ? double.NaN : distance * (Math.Abs(n.Z) + Math.Abs(m.Z)) / (1 - cosine);
        }

        // The straight way out along the column of the point's own field, or of the column beside the surface in another.
        static int Seen(DexelField[] fields, DexelField field, int column, ulong crossing)
        {
            var grid = field.Grid;
            var normal = Crossing.Normal(crossing);
            double[] at = new double[3], off = new double[3];
            int first = (field.Axis + 1) % 3, second = (field.Axis + 2) % 3;
            (off[first], off[second], off[field.Axis]) = (normal.X, normal.Y, normal.Z);
            at[first] = (column % field.Width + 0.5) * grid.CellMm[first];
            at[second] = (column / field.Width + 0.5) * grid.CellMm[second];
            at[field.Axis] = Crossing.Height(crossing) / grid.QuantaPerMm;
            var seen = 0;
            foreach (var other in fields)
            {
                var a = other.Axis;
                double[] q = [.. at.Select((x, k) => a == field.Axis ? x : x + off[k] * 0.75 * grid.PitchMm)];
                double u = Math.Floor(q[(a + 1) % 3] / grid.CellMm[(a + 1) % 3]), v = Math.Floor(q[(a + 2) % 3] / grid.CellMm[(a + 2) % 3]);
                var isInside = u >= 0 && v >= 0 && u < other.Width && v < other.Height;
                var heights = isInside ? other.Column((int)(v * other.Width + u)).ToArray().Select(c => Crossing.Height(c) / grid.QuantaPerMm).ToArray() : [];
                // Its own column: only the outermost crossing on its side.
                var tolerance = a == field.Axis ? 0 : 0.5 * grid.PitchMm;
                if (heights.All(h => h <= q[a] + tolerance) && !(a == field.Axis && !Crossing.IsExit(crossing)))
                    seen |= 1 << 2 * a;
                if (heights.All(h => h >= q[a] - tolerance) && !(a == field.Axis && Crossing.IsExit(crossing)))
                    seen |= 2 << 2 * a;
            }
            return seen;
        }
    }
}
