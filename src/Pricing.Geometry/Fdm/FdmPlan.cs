using Pricing.Geometry.Layers;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Fdm;

/// <summary>What one layer is to be filled with, before lines and speeds.</summary>
readonly record struct PlannedLayer
{
    public double AreaMm2 { get; init; }
    public double PerimeterMm { get; init; }
    public double OuterWallMm2 { get; init; }
    public double InnerWallMm2 { get; init; }

    /// <summary>Area beyond the walls' own, where they meet and no infill fits: widens the walls.</summary>
    public double CoreWallMm2 { get; init; }
    public double OverhangMm { get; init; }
    public double SparseMm2 { get; init; }
    public double SolidMm2 { get; init; }
    public double TopMm2 { get; init; }
    public double BridgeMm2 { get; init; }
    public double InnerBridgeMm2 { get; init; }

    /// <summary>Mean length of a line across each region.</summary>
    public double SparseChordMm { get; init; }
    public double SolidChordMm { get; init; }
    public double TopChordMm { get; init; }
    public double BridgeChordMm { get; init; }
    public double InnerBridgeChordMm { get; init; }
    public double Islands { get; init; }
    public double Holes { get; init; }
    public double Loops => Islands + Holes;

    /// <summary>Share of the walls that run around small loops.</summary>
    public double SmallOuter { get; init; }
    public double SmallInner { get; init; }
    public double OuterLossS { get; init; }
    public double InnerLossS { get; init; }
    public double DiagonalMm { get; init; }
}

/// <summary>From sections to regions, layer by layer.</summary>
static class FdmPlan
{
    /// <summary>Loops shorter than 2π · 6.5 mm are printed at the small-perimeter speed.</summary>
    const double SmallLoopMm = 2 * Math.PI * 6.5;

    public static PlannedLayer[] Of(LayerTable table, Turning? turning, int layers, double minZMm, double diagonalMm, FdmProfile p)
    {
        var lines = Lines.Of(p);
        var h = p.LayerHeightMm;
        var plane = new int[layers];
        for (var k = 0; k < layers; k++)
            // The absolute grid is up to half a layer out of step with the bed: take the nearest plane.
            plane[k] = (int)Math.Clamp(Math.Floor((minZMm + (k + 0.5) * h - table.PlaneMm[0]) / h + 0.5), 0, table.Count - 1);
        var upSkin = Slabs(table.UpSkinMm2, table.UpFlatMm2, plane, above: true);
        var upFlat = Slabs(table.UpFlatMm2, null, plane, above: true);
        var downSkin = Slabs(table.DownSkinMm2, table.DownFlatMm2, plane, above: false);
        var downFlat = Slabs(table.DownFlatMm2, null, plane, above: false);
        var upSkinBelow = Prefix(upSkin);
        var downSkinBelow = Prefix(downSkin);
        var planned = new PlannedLayer[layers];
        for (var k = 0; k < layers; k++)
        {
            var i = plane[k];
            var area = Math.Max(table.AreaMm2[i], 0);
            var perimeter = table.PerimeterMm[i];
            var loops = Math.Round(turning?.Loops[i] ?? 1);
            var inset = Math.Clamp(turning?.Inset[i] ?? 2 * Math.PI, -60, 60);
            double Inset(double d) => perimeter * d > 1.9 * area ? 0 : Math.Clamp(area - d * perimeter + 0.5 * inset * d * d, 0, area);

            var outside = Inset(lines.FirstWallMm);
            var core = Inset(lines.CoreMm);
            var infill = Inset(lines.InfillMm);
            var collapsed = core < 0.05 * area;
            if (collapsed)
                core = infill = 0;
            var wall = outside - core;
            var outer = Math.Min(Math.Max(perimeter - inset * (lines.FirstWallMm + 0.5 * lines.Spacing), 0.3 * perimeter) * lines.Spacing,
                wall * (collapsed ? 0.5 : 1));
            if (p.Perimeters < 1)
                outer = 0;
            var inner = Math.Min(Math.Max(0, wall - outer), Math.Max(0, p.Perimeters - 1) * perimeter * lines.Spacing);

            // The shell: faces within its thickness above and below need solid infill here.
            var skin = Math.Min(infill, Window(upSkinBelow, k, k + p.TopSolidLayers - 1) + Window(downSkinBelow, k - p.BottomSolidLayers + 1, k));
            var bridge = k == 0 && p.BottomSolidLayers > 0 ? infill : Math.Min(infill, 1.1 * downFlat[k]);
            var top = Math.Min(infill - bridge, 1.1 * upFlat[k]);
            var solid = Math.Max(0, skin - bridge - top);
            // The lowest solid layer under a top hangs over sparse infill.
            var uncovered = k + p.TopSolidLayers - 1 < layers && p.TopSolidLayers > 0 ? upFlat[k + p.TopSolidLayers - 1] : 0;
            var innerBridge = k >= p.BottomSolidLayers ? Math.Min(solid, uncovered) : 0;
            solid -= innerBridge;
            var sparse = Math.Max(0, infill - bridge - top - solid - innerBridge);

            var corePerimeter = Math.Max(perimeter - inset * lines.InfillMm, 0.5 * perimeter);
            var chord = Math.Clamp(Math.PI * infill / Math.Max(corePerimeter, 1e-9), 0.3, 1e4);
            double Chord(double region) => chord * Math.Sqrt(Math.Clamp(region / Math.Max(infill, 1e-9), 0.02, 1));
            var islands = Math.Max(1, loops);
            var holes = Math.Max(0, 1 - loops);
            var loop = perimeter / (islands + holes);
            planned[k] = new()
            {
                AreaMm2 = area,
                PerimeterMm = perimeter,
                OuterWallMm2 = outer,
                InnerWallMm2 = inner,
                CoreWallMm2 = Math.Max(0, wall - outer - inner),
                OverhangMm = table.OverhangMm[i],
                SparseMm2 = sparse,
                SolidMm2 = solid,
                TopMm2 = top,
                BridgeMm2 = bridge,
                InnerBridgeMm2 = innerBridge,
                SparseChordMm = Chord(sparse),
                SolidChordMm = Chord(solid),
                TopChordMm = Chord(top),
                BridgeChordMm = Chord(bridge),
                InnerBridgeChordMm = Chord(innerBridge),
                Islands = islands,
                Holes = holes,
                SmallOuter = loop - 2 * Math.PI * 0.225 < SmallLoopMm ? 1 : 0,
                SmallInner = loop - 2 * Math.PI * 0.632 < SmallLoopMm ? 1 : 0,
                OuterLossS = turning?.OuterLossS[i] ?? 0,
                InnerLossS = turning?.InnerLossS[i] ?? 0,
                // The diagonal of the rectangle with this area and perimeter, within the part's.
                DiagonalMm = Math.Min(diagonalMm, Math.Sqrt(Math.Max(0.25 * perimeter * perimeter - 2 * area, 4 / Math.PI * area))),
            };
        }
        return planned;
    }

    /// <summary>Area between neighbouring planes, from the area below each: an upward face belongs to the layer it closes, a downward one to the layer it carries.</summary>
    static double[] Slabs(double[] below, double[]? alsoBelow, int[] plane, bool above)
    {
        var n = plane.Length;
        double At(int i) => below[i] + (alsoBelow?[i] ?? 0);
        var slabs = new double[n];
        for (var k = 0; k < n; k++)
        {
            var from = above ? At(plane[k]) : k == 0 ? 0 : At(plane[k - 1]);
            var to = above ? k == n - 1 ? At(below.Length - 1) : At(plane[k + 1]) : At(plane[k]);
            slabs[k] = to - from;
        }
        if (above)
            slabs[0] += At(plane[0]);
        else
            slabs[n - 1] += At(below.Length - 1) - At(plane[n - 1]);
        return slabs;
    }

    static double[] Prefix(double[] values)
    {
        var sums = new double[values.Length + 1];
        for (var i = 0; i < values.Length; i++)
            sums[i + 1] = sums[i] + values[i];
        return sums;
    }

    static double Window(double[] prefix, int from, int to)
    {
        from = Math.Max(from, 0);
        to = Math.Min(to, prefix.Length - 2);
        return from <= to ? prefix[to + 1] - prefix[from] : 0;
    }
}
