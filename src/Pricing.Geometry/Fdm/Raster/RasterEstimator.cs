namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// The slicer-grade estimate (tier 2): filament and time of a filament print from sections rasterised as signed distances, without toolpaths.
/// The answer depends on triangles and profile alone: not on threads, vector width or the order of triangles.
/// </summary>
/// <remarks>
/// From the top layer downwards, a few layers at a time: 1. <see cref="Sections"/> cut triangles, <see cref="Contours"/> link and measure the pieces,
/// <see cref="Interior"/> and <see cref="DistanceField"/> make the raster. 2. <see cref="Skins"/> compare neighbouring layers. 3. <see cref="Shells"/>
/// split infill into solid and sparse. 4. <see cref="Regions"/> read lines. Then <see cref="PrintClock"/> turns facts into plastic and seconds.
/// Memory: the layers in flight (at most <c>Limits.Fdm.RasterLayersHeldMax</c> of <c>Limits.Fdm.RasterCellsMax</c> cells, 8 bytes each), 12 bytes per triangle
/// and the crossings of the layers in flight.
/// </remarks>
public static unsafe class RasterEstimator
{
    /// <summary>A section smaller than this share of a square as wide as a line is not printed: the tip of a cone is not a layer.</summary>
    const double PrintedShare = 1.0 / 3;

    static readonly string[] Names =
    [
        "external_perimeter", "perimeter", "overhang_perimeter", "internal_infill", "solid_infill", "top_solid_infill", "bridge_infill",
        "support_material", "support_material_interface", "skirt", "travel", "retract",
    ];

    /// <param name="triangles">Nine coordinates per triangle, mm, as the part lies; its lowest point is put on the bed.</param>
    /// <param name="profile">Machine and process.</param>
    /// <param name="threads">Threads to use.</param>
    /// <param name="cancellation">Ends the work between layers.</param>
    /// <returns>Null when the part has no height, too many layers, or a shell of more layers than are held: then sums over triangles are the answer.</returns>
    public static FdmEstimate? Estimate(ReadOnlySpan<float> triangles, FdmProfile profile, int threads = 1, CancellationToken cancellation = default)
    {
        profile.Check();
        ArgumentOutOfRangeException.ThrowIfNotEqual(triangles.Length % 9, 0, nameof(triangles));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        threads = Math.Min(threads, Limits.Mesh.ThreadsMax);
        if (triangles.Length == 0)
            return null;
        fixed (float* pointer = triangles)
        {
            var box = Box(pointer, triangles.Length / 9, out var minZ, out var maxZ);
            var planes = LayerPlanes.Of((float)(maxZ - (double)minZ), profile);
            if (planes == null)
                return null;
            var first = Beads.Of(profile, firstLayer: true);
            var rest = Beads.Of(profile, firstLayer: false);
            var plan = new RasterPlan(profile, rest, box);
            var depths = new Depths(plan, rest, profile);
            if (Waves.HeldFor(depths, profile, 1) > Limits.Fdm.RasterLayersHeldMax)
                return null;
            using var waves = new Waves(pointer, triangles.Length / 9, planes, minZ, plan, depths, profile, first, rest, threads);
            var facts = waves.Run(cancellation);
            return facts == null ? null : Report(facts, profile, plan, first, rest);
        }
    }

    /// <summary>By the contours' area, which is exact; by the raster's where shells of opposite sense cancel.</summary>
    static bool IsPrinted(in LayerFacts layer, FdmProfile profile)
    {
        var least = PrintedShare * profile.ExtrusionWidthMm * profile.ExtrusionWidthMm;
        return layer.Contours.EnclosedMm2 >= least || layer.AreaMm2 >= 4 * least;
    }

    static PlanBox Box(float* triangles, int count, out float minZ, out float maxZ)
    {
        float minX = float.MaxValue, minY = float.MaxValue, maxX = float.MinValue, maxY = float.MinValue;
        (minZ, maxZ) = (float.MaxValue, float.MinValue);
        for (var p = triangles; p < triangles + 9L * count; p += 3)
        {
            minX = Math.Min(minX, p[0]);
            maxX = Math.Max(maxX, p[0]);
            minY = Math.Min(minY, p[1]);
            maxY = Math.Max(maxY, p[1]);
            minZ = Math.Min(minZ, p[2]);
            maxZ = Math.Max(maxZ, p[2]);
        }
        return new(minX, minY, maxX, maxY);
    }

    static FdmEstimate Report(LayerFacts[] facts, FdmProfile profile, RasterPlan plan, in Beads first, in Beads rest)
    {
        var clock = new PrintClock(profile, plan, first, rest);
        Span<double> plastic = stackalloc double[PrintClock.Kinds];
        Span<double> seconds = stackalloc double[PrintClock.Kinds];
        var plasticSum = new double[PrintClock.Kinds];
        var secondsSum = new double[PrintClock.Kinds];
        var supportLayers = clock.SupportLayers(facts);
        for (var k = 0; k < facts.Length; k++)
        {
            clock.Lay(facts[k], k == 0, supportLayers[k], clock.SkirtMm(facts[0], k), plastic, seconds);
            for (var f = 0; f < PrintClock.Kinds; f++)
            {
                plasticSum[f] += plastic[f];
                secondsSum[f] += seconds[f];
            }
        }
        var section = 0.25 * Math.PI * profile.FilamentDiameterMm * profile.FilamentDiameterMm;
        List<FdmFeature> features = [];
        double mm3 = 0, total = clock.StartS;
        for (var f = 0; f < PrintClock.Kinds; f++)
        {
            plasticSum[f] *= profile.ExtrusionMultiplier;
            mm3 += plasticSum[f];
            total += secondsSum[f];
            if (plasticSum[f] != 0 || secondsSum[f] != 0)
                features.Add(new(Names[f], plasticSum[f] / section, secondsSum[f]));
        }
        return new()
        {
            Tier = 2,
            ProfileName = profile.Name,
            LayerHeightMm = profile.LayerHeightMm,
            Layers = facts.Count(f => IsPrinted(f, profile)),
            FilamentMm = mm3 / section,
            FilamentCm3 = mm3 / 1000,
            FilamentG = mm3 / 1000 * profile.FilamentDensityGCm3,
            PrintTimeS = total,
            SupportCm3 = (plasticSum[(int)Kind.Support] + plasticSum[(int)Kind.SupportInterface]) / 1000,
            Features = features,
        };
    }
}

/// <summary>Heights at which a part is cut: the middle of each layer, measured from the bed.</summary>
static class LayerPlanes
{
    /// <summary>Layers whose middle is this close above the top still count, as they do for the slicer's rounding.</summary>
    const double RoundingMm = 2e-5;

    /// <summary>Null when there is no layer or too many.</summary>
    public static float[]? Of(float heightMm, FdmProfile profile)
    {
        if (!(heightMm > 0))
            return null;
        double h0 = profile.FirstLayerHeightMm, h = profile.LayerHeightMm;
        var above = Math.Floor((heightMm - h0) / h + 0.5 + RoundingMm / h);
        var count = 1 + Math.Max(0, above);
        if (count > Limits.Mesh.LayersMax)
            return null;
        var planes = new float[(int)count];
        for (var k = 0; k < planes.Length; k++)
            planes[k] = Math.Min((float)(k == 0 ? 0.5 * h0 : h0 + (k - 0.5) * h), heightMm);
        return planes;
    }
}
