namespace Pricing.Geometry.Dexels;

/// <summary>Surface area by width, in whole numbers, and the points that rays shall look at.</summary>
sealed class WidthSums
{
    /// <summary>Bins of 0.01 mm up to 20 mm, and one for what is wider.</summary>
    public const int BinsPerMm = 100, Bins = 20 * BinsPerMm + 1;

    /// <summary>Points wider than this are not looked at by rays.</summary>
    public const double RayedMm = 2;

    /// <summary>Thresholds of the facts; a point is rayed in the class below the first it is under.</summary>
    public static readonly double[] ThresholdsMm = [0.3, 0.5, 0.8, 1, 1.5, 2];

    readonly PriorityQueue<RayPoint, ulong>[] _points = [.. ThresholdsMm.Select(_ => new PriorityQueue<RayPoint, ulong>())];

    /// <summary>Area of each bin. The unit differs by field, hence one array per axis: cell area / <see cref="SurfaceWalk.WeightSteps"/>.</summary>
    public long[][] Area { get; } = [new long[Bins], new long[Bins], new long[Bins]];

    /// <summary>Area without an opposite face, by axis.</summary>
    public long[] Unopposed { get; } = new long[3];

    /// <summary>Rounded, so that a wall modelled 1 mm thick is not below 1 mm by the float's last bit.</summary>
    public static int Bin(double widthMm) => (int)Math.Min(Math.Round(widthMm * BinsPerMm), Bins - 1);

    /// <summary>Which threshold's class a bin is in; the number of thresholds when in none.</summary>
    public static int Class(int bin)
    {
        var k = 0;
        while (k < ThresholdsMm.Length && bin >= Math.Round(ThresholdsMm[k] * BinsPerMm))
            k++;
        return k;
    }

    /// <summary>Keeps, of each class, the points with the least hashes: a choice at random that does not depend on the order of triangles.</summary>
    public void Choose(int kind, in RayPoint point)
    {
        var queue = _points[kind];
        var rank = ulong.MaxValue - point.Hash;
        if (queue.Count < Limits.Dexel.RaysMax / (2 * ThresholdsMm.Length))
            queue.Enqueue(point, rank);
        else
            queue.EnqueueDequeue(point, rank);
    }

    public IEnumerable<RayPoint> Points(int kind) => _points[kind].UnorderedItems.Select(item => item.Element);

    public void Add(WidthSums other)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            for (var bin = 0; bin < Bins; bin++)
                Area[axis][bin] += other.Area[axis][bin];
            Unopposed[axis] += other.Unopposed[axis];
        }
        for (var kind = 0; kind < _points.Length; kind++)
            foreach (var point in other.Points(kind))
                Choose(kind, point);
    }
}

/// <summary>A point of the surface with its width there.</summary>
/// <param name="Axis">The field.</param>
/// <param name="Column">The column.</param>
/// <param name="Crossing">Where in the column, and the normal.</param>
/// <param name="WidthMm">By the columns.</param>
readonly record struct RayPoint(int Axis, int Column, ulong Crossing, double WidthMm)
{
    /// <summary>Of where the point is (SplitMix64's last steps).</summary>
    public ulong Hash
    {
        get
        {
            var h = Crossing + 0x9E3779B97F4A7C15 * ((ulong)Column * 3 + (ulong)Axis + 1);
            h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9;
            h = (h ^ h >> 27) * 0x94D049BB133111EB;
            return h ^ h >> 31;
        }
    }
}
