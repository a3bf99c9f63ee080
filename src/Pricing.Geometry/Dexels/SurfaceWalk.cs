namespace Pricing.Geometry.Dexels;

/// <summary>
/// Visits the solid's surface once: each point in the field along the axis it faces most, where a cell covers at most √3 times its own area
/// of surface. Sums walls, gaps and reach. Reference twin: SurfaceWalk.Reference.cs.
/// </summary>
sealed partial class SurfaceWalk
{
    /// <summary>Weights of slanted cells are counted in this fraction.</summary>
    public const double WeightSteps = 1 << 16;

    /// <summary>Cosine between outward normals of faces that still count as opposite.</summary>
    const double OpposedCosine = -0.8660254037844386;

    readonly DexelField[] _fields;
    readonly Visibility _visibility;

    public SurfaceWalk(DexelField[] fields)
    {
        _fields = fields;
        _visibility = new(fields);
    }

    public WidthSums Walls { get; } = new();

    public WidthSums Gaps { get; } = new();

    /// <summary>Area by axis and by the set of directions that see it: bit 2a for +a, 2a + 1 for −a.</summary>
    public long[][] ByDirections { get; } = [new long[64], new long[64], new long[64]];

    public void Run(int threads)
    {
        foreach (var field in _fields)
            Bands.Run(threads, field.Height, (from, to) =>
            {
                var own = new SurfaceWalk(_fields);
                for (var column = from * field.Width; column < to * field.Width; column++)
                    own.Add(field, column);
                lock (Walls)
                    Add(own);
            });
    }

    void Add(SurfaceWalk other)
    {
        Walls.Add(other.Walls);
        Gaps.Add(other.Gaps);
        for (var axis = 0; axis < 3; axis++)
            for (var set = 0; set < 64; set++)
                ByDirections[axis][set] += other.ByDirections[axis][set];
    }

    void Add(DexelField field, int column)
    {
        var crossings = field.Column(column);
        if (crossings.Length == 0)
            return;
        var normal = Crossing.Normal(crossings[0]);
        Point3 before = default;
        for (var i = 0; i < crossings.Length; i++)
        {
            var after = i + 1 < crossings.Length ? Crossing.Normal(crossings[i + 1]) : default;
            if (Crossing.IsOwned(crossings[i]))
            {
                var weight = (long)Math.Round(WeightSteps / Math.Abs(normal.Z));
                var isExit = (i & 1) != 0;
                // Material is above an entry and below an exit, the gap on the other side.
                var up = i + 1 < crossings.Length ? Width(field, crossings[i], crossings[i + 1], normal, after) : double.NaN;
                var down = i > 0 ? Width(field, crossings[i - 1], crossings[i], normal, before) : double.NaN;
                Count(Walls, field, column, crossings[i], weight, isExit ? down : up);
                Count(Gaps, field, column, crossings[i], weight, isExit ? up : down);
                ByDirections[field.Axis][_visibility.Of(field, column, i, crossings, normal)] += weight;
            }
            (before, normal) = (normal, after);
        }
    }

    /// <summary>
    /// Width between two crossings. With outward normals n, m (of the solid or of the gap, it is the same), L their distance and z along the
    /// column: L (|n_z| + |m_z|) / (1 − n·m). Between parallel planes that is L |n_z|. Let the points lie on concentric spheres, p = R n and
    /// q = −r m: then L z = R n + r m, its product with n − m is (R − r)(1 − n·m), and the width is R − r; with r = −R it is a full ball's diameter.
    /// The same holds for cylinders.
    /// </summary>
    /// <returns>NaN when the faces are not opposite.</returns>
    internal static double Width(DexelField field, ulong low, ulong high, Point3 normal, Point3 opposite)
    {
        var cosine = normal.X * opposite.X + normal.Y * opposite.Y + normal.Z * opposite.Z;
        if (cosine > OpposedCosine)
            return double.NaN;
        var length = (Crossing.Height(high) - Crossing.Height(low)) / field.Grid.QuantaPerMm;
        return length * (Math.Abs(normal.Z) + Math.Abs(opposite.Z)) / (1 - cosine);
    }

    static void Count(WidthSums sums, DexelField field, int column, ulong crossing, long weight, double widthMm)
    {
        if (double.IsNaN(widthMm))
        {
            sums.Unopposed[field.Axis] += weight;
            return;
        }
        var bin = WidthSums.Bin(widthMm);
        sums.Area[field.Axis][bin] += weight;
        if (widthMm < WidthSums.RayedMm && WidthSums.Class(bin) is var kind && kind < WidthSums.ThresholdsMm.Length)
            sums.Choose(kind, new(field.Axis, column, crossing, widthMm));
    }
}
