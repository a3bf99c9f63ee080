namespace Pricing.Geometry.Fdm.Raster;

/// <summary>What one thread needs to work on a layer; kept clean from layer to layer.</summary>
sealed unsafe class LayerScratch : IDisposable
{
    readonly RasterPlan _plan;
    readonly Depths _depths;
    readonly Sections _sections;
    readonly Contours _contours;
    readonly Interior _interior;
    readonly DistanceField _distance;
    readonly Chamfer _tops;
    readonly Chamfer _bottoms;
    readonly Regions _regions;
    readonly BitRows _islands;
    readonly Territories[] _territories;
    readonly int[] _counts = new int[256];
    readonly int[] _thin = new int[256];
    readonly int[] _innerHanging = new int[256];
    readonly List<Run> _runs = [];
    readonly HashSet<(float, float, float, float)> _seen = [];
    Segment[] _segments = new Segment[1024];
    bool[] _dropped = new bool[1024];
    int _count;

    public LayerScratch(RasterPlan plan, Depths depths, Sections sections, FdmProfile profile, in Beads first, in Beads rest)
    {
        _plan = plan;
        _depths = depths;
        _sections = sections;
        _contours = new(plan, profile, rest);
        _interior = new(plan);
        _distance = new(plan);
        _tops = new(plan, depths);
        _bottoms = new(plan, depths);
        _regions = new(plan, depths, profile, rest);
        _islands = new(plan.Rows, plan.Columns);
        _territories = [new(plan, first), new(plan, rest)];
    }

    /// <summary>Cuts the triangles at the layer's plane and writes the layer's distances, cores and wall territories.</summary>
    public void Section(int k, float* triangles, ReadOnlySpan<int> crossing, LayerRaster layer, ref LayerFacts facts)
    {
        layer.Clear();
        layer.Layer = k;
        _count = 0;
        foreach (var t in crossing)
            Cut(triangles + 9L * t, k);
        if (_count == 0)
            return;
        var segments = _segments.AsSpan(0, _count);
        var dropped = _dropped.AsSpan(0, _count);
        dropped.Clear();
        facts.Contours = _contours.Sum(segments, dropped);
        _interior.Fill(segments, facts.Contours.Inconsistent);
        if (_interior.Overlaps && !facts.Contours.Inconsistent)
        {
            RemoveDuplicates();
            segments = _segments.AsSpan(0, _count);
            dropped = _dropped.AsSpan(0, _count);
            dropped.Clear();
            _interior.DropInner(segments, dropped);
            facts.Contours = _contours.Sum(segments, dropped);
        }
        _distance.Add(segments, dropped);
        _distance.Write(_interior, layer, _counts);
        Cores.Thin(layer, _plan, _depths, _thin);
        _islands.Take(_interior.Mask, _interior.FirstRow, _interior.EndRow);
        facts.Islands = _islands.Pieces(gaps: false, _runs);
        facts.Holes = Math.Max(0, _islands.Pieces(gaps: true, _runs) - 1);
        facts.DiagonalMm = Diagonal(segments);
        if (k == 0)
            facts.HullMm = Hull(segments);
        var territories = _territories[k == 0 ? 0 : 1];
        facts.AreaMm2 = territories.Area(_counts);
        facts.OuterMm2 = territories.Outer(_counts);
        facts.InnerMm2 = territories.Inner(_counts);
        facts.ThinCoreMm2 = territories.Core(_thin);
    }

    /// <summary>Top and bottom faces; shares of walls that hang in the air.</summary>
    public void Skins(int k, Func<int, LayerRaster?> layerAt, ref LayerFacts facts)
    {
        Raster.Skins.Find(layerAt(k)!, layerAt(k + 1), layerAt(k - 1), _plan, _depths, _tops, _bottoms, _counts, _innerHanging);
        var territories = _territories[k == 0 ? 0 : 1];
        facts.OuterHangingMm2 = territories.Outer(_counts);
        facts.InnerHangingMm2 = territories.Inner(_innerHanging);
    }

    public void Shells(int k, Func<int, LayerRaster?> layerAt) => Raster.Shells.Split(k, layerAt, _plan, _depths);

    public void Lines(int k, Func<int, LayerRaster?> layerAt, ref LayerFacts facts) => _regions.Read(k, layerAt, _tops, _bottoms, ref facts);

    void Cut(float* triangle, int k)
    {
        if (_count == _segments.Length)
        {
            Array.Resize(ref _segments, 2 * _count);
            Array.Resize(ref _dropped, 2 * _count);
        }
        if (_sections.Cut(triangle, k, out _segments[_count]))
            _count++;
    }

    void RemoveDuplicates()
    {
        _seen.Clear();
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var s = _segments[i];
            if (_seen.Add((s.X0, s.Y0, s.X1, s.Y1)))
                _segments[kept++] = s;
        }
        _count = kept;
    }

    static double Diagonal(ReadOnlySpan<Segment> segments)
    {
        float minX = float.MaxValue, maxX = float.MinValue, minY = float.MaxValue, maxY = float.MinValue;
        foreach (ref readonly var s in segments)
        {
            minX = Math.Min(minX, Math.Min(s.X0, s.X1));
            maxX = Math.Max(maxX, Math.Max(s.X0, s.X1));
            minY = Math.Min(minY, Math.Min(s.Y0, s.Y1));
            maxY = Math.Max(maxY, Math.Max(s.Y0, s.Y1));
        }
        double x = (double)maxX - minX, y = (double)maxY - minY;
        return Math.Sqrt(x * x + y * y);
    }

    /// <summary>Perimeter of the convex hull (Andrew's monotone chain): what a skirt goes around.</summary>
    static double Hull(ReadOnlySpan<Segment> segments)
    {
        var points = new (double X, double Y)[segments.Length];
        for (var i = 0; i < points.Length; i++)
            points[i] = (segments[i].X0, segments[i].Y0);
        Array.Sort(points);
        double perimeter = 0;
        for (var side = 0; side < 2; side++)
        {
            List<(double X, double Y)> chain = [];
            foreach (var p in points)
            {
                while (chain.Count > 1 && (chain[^1].X - chain[^2].X) * (p.Y - chain[^2].Y) - (chain[^1].Y - chain[^2].Y) * (p.X - chain[^2].X) <= 0)
                    chain.RemoveAt(chain.Count - 1);
                chain.Add(p);
            }
            for (var i = 1; i < chain.Count; i++)
            {
                double dx = chain[i].X - chain[i - 1].X, dy = chain[i].Y - chain[i - 1].Y;
                perimeter += Math.Sqrt(dx * dx + dy * dy);
            }
            Array.Reverse(points);
        }
        return perimeter;
    }

    public void Dispose()
    {
        _interior.Dispose();
        _distance.Dispose();
        _tops.Dispose();
        _bottoms.Dispose();
        _regions.Dispose();
    }
}

/// <summary>
/// Areas between depths from counts of distances: a cell whose centre lies near a depth is shared. The share is that of a kernel as wide as a cell, smoothed
/// over the distance of cell diagonals: so samples along an edge that runs with the raster, and along one that runs across it, both add up to the area.
/// </summary>
sealed class Territories
{
    readonly double[] _area = new double[256];
    readonly double[] _outer = new double[256];
    readonly double[] _inner = new double[256];
    readonly double[] _core = new double[256];

    public Territories(RasterPlan plan, in Beads beads)
    {
        var cell2 = plan.CellMm * plan.CellMm;
        for (var q = -128; q < 128; q++)
        {
            var mm = q / plan.QuantaPerMm;
            double Deeper(double depth) => cell2 * Share(mm - depth, plan.CellMm);
            _area[q + 128] = Deeper(0);
            _outer[q + 128] = Deeper(beads.OuterMm) - Deeper(beads.SecondMm);
            _inner[q + 128] = Deeper(beads.SecondMm) - Deeper(beads.CoreMm);
            _core[q + 128] = Deeper(beads.CoreMm);
        }
    }

    static double Share(double beyondMm, double cell)
    {
        // Integral of the share of a cell-wide kernel.
        double Integral(double x) => x <= -0.5 * cell ? 0 : x >= 0.5 * cell ? x : (x + 0.5 * cell) * (x + 0.5 * cell) / (2 * cell);
        var diagonals = cell * 0.70710678118654752;
        return (Integral(beyondMm + 0.5 * diagonals) - Integral(beyondMm - 0.5 * diagonals)) / diagonals;
    }

    public double Area(int[] counts) => Sum(_area, counts);
    public double Outer(int[] counts) => Sum(_outer, counts);
    public double Inner(int[] counts) => Sum(_inner, counts);
    public double Core(int[] counts) => Sum(_core, counts);

    static double Sum(double[] table, int[] counts)
    {
        double sum = 0;
        for (var i = 0; i < 256; i++)
            sum += table[i] * counts[i];
        return sum;
    }
}
