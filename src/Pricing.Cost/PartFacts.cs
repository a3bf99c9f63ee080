using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>The facts of a measurement that a price reads, as exact decimals: the only place where a double enters the room.</summary>
/// <remarks>Every figure is rounded once, here, to <see cref="SignificantDigits"/> significant digits, half away from zero; lengths of the
/// bounding box after subtracting its corners as doubles. Everything after that is exact decimal arithmetic, so the same measurement
/// and list give the same price, byte for byte, everywhere.</remarks>
public sealed class PartFacts
{
    /// <summary>Far finer than any machine, far coarser than the last bits of a sum.</summary>
    public const int SignificantDigits = 9;

    static readonly decimal[] PowersOfTen = [.. Enumerable.Range(0, 29).Select(power => (decimal)System.Numerics.BigInteger.Pow(10, power))];

    PartFacts(Measurement measurement)
    {
        var geometry = measurement.Geometry;
        var fdm = measurement.Fdm;
        Measurement = measurement;
        VolumeCm3 = new("volume_cm3", ToDecimal(geometry.VolumeMm3) / 1000m, "cm³", "measurement geometry.volume_mm3");
        AreaCm2 = new("area_cm2", ToDecimal(geometry.AreaMm2) / 100m, "cm²", "measurement geometry.area_mm2");
        SizeMm =
        [
            Size(geometry.BboxMaxMm.X - geometry.BboxMinMm.X, 'x'),
            Size(geometry.BboxMaxMm.Y - geometry.BboxMinMm.Y, 'y'),
            Size(geometry.BboxMaxMm.Z - geometry.BboxMinMm.Z, 'z'),
        ];
        OverhangCm2 = ToDecimal(geometry.OverhangAreaMm2) / 100m;
        // 2V/A is the thickness of a plate and a lower thickness than a compact body's: an indicator, not a measured wall.
        MeanThicknessMm = AreaCm2 > 0m ? 20m * VolumeCm3 / AreaCm2 : 0m;
        VolumeUncertainty = VolumeCm3 > 0m && geometry.Verdict == Geometry.Types.Verdict.Bounded
            ? ToDecimal(geometry.VolumeHighMm3 - geometry.VolumeLowMm3) / (2000m * VolumeCm3)
            : 0m;
        if (measurement.Analysis is { } analysis)
        {
            if (analysis.HullVolumeMm3 > 0)
                HullSpareCm3 = new("hull_spare_cm3", Math.Max(0m, ToDecimal(analysis.HullVolumeMm3) / 1000m - VolumeCm3), "cm³",
                    "measurement analysis.hull_volume_mm3 less geometry.volume_mm3");
            if (analysis.Powder is { } powder)
                NestedCm3 = new("nested_cm3", ToDecimal(powder.NestedCm3), "cm³", "measurement analysis.powder.nested_cm3");
            if (analysis.Lpbf is { } lpbf)
                MetalSupportCm3 = new("metal_support_cm3", ToDecimal(lpbf.SupportMetalMm3) / 1000m, "cm³", "measurement analysis.lpbf.support_metal_mm3");
            // Columns through an open mesh tell nothing about its inside.
            Columns = analysis.Columns is { OpenColumns: 0 } columns ? columns : null;
        }

        if (fdm is null)
            return;
        FilamentCm3 = new("filament_cm3", ToDecimal(fdm.FilamentCm3), "cm³", "measurement fdm.filament_cm3");
        PrintTimeS = new("print_time_s", ToDecimal(fdm.PrintTimeS), "s", "measurement fdm.print_time_s");
        SupportCm3 = new("support_cm3", ToDecimal(fdm.SupportCm3), "cm³", "measurement fdm.support_cm3");
        FdmLayers = fdm.Layers;
    }

    public Measurement Measurement { get; }
    public Figure VolumeCm3 { get; }
    public Figure AreaCm2 { get; }

    /// <summary>x, y, z as the model lies.</summary>
    public IReadOnlyList<Figure> SizeMm { get; }
    public decimal OverhangCm2 { get; }
    public decimal MeanThicknessMm { get; }

    /// <summary>Half the width of the volume's bounds over the volume; 0 unless the verdict is BOUNDED.</summary>
    public decimal VolumeUncertainty { get; }

    /// <summary>The next three are null when the measurement has no filament estimate. The part without its supports, and the supports.</summary>
    public Figure? FilamentCm3 { get; }
    public Figure? PrintTimeS { get; }
    public Figure? SupportCm3 { get; }
    public long FdmLayers { get; }

    /// <summary>What the hull holds beyond the part; null without an analysis, as are the next two.</summary>
    public Figure? HullSpareCm3 { get; }

    /// <summary>Room the part takes among its neighbours in powder.</summary>
    public Figure? NestedCm3 { get; }

    /// <summary>Metal in the supports of a part melted from powder, in the orientation chosen for it.</summary>
    public Figure? MetalSupportCm3 { get; }

    /// <summary>Walls and trapped volumes; null where they were not measured or the mesh is open.</summary>
    public Columns? Columns { get; }

    /// <summary>Null, and the figure at fault, when the measurement cannot be priced: a figure is missing, not a number, negative or absurd.</summary>
    public static PartFacts? Read(Measurement measurement, out string faultyFigure)
    {
        faultyFigure = FindFaulty(measurement);
        return faultyFigure.Length == 0 ? new PartFacts(measurement) : null;
    }

    /// <summary>To nine significant digits, half away from zero. The value must be finite and below 7.9e28.</summary>
    public static decimal ToDecimal(double value)
    {
        // The conversion itself keeps 15 significant digits and is plain IEEE arithmetic, the same everywhere.
        var exact = (decimal)value;
        var magnitude = Math.Abs(exact);
        if (magnitude == 0m)
            return 0m;

        // digits = how many places the leading digit stands before (or, negative, behind) the decimal point.
        var digits = 0;
        while (digits < PowersOfTen.Length && magnitude >= PowersOfTen[digits])
            digits++;
        if (digits == 0)
        {
            while (magnitude < 0.1m && -digits < PowersOfTen.Length - 1)
            {
                magnitude *= 10m;
                digits--;
            }
        }

        var places = SignificantDigits - digits;
        return places >= 0
            ? Math.Round(exact, Math.Min(places, 28), MidpointRounding.AwayFromZero)
            : Math.Round(exact / PowersOfTen[-places], 0, MidpointRounding.AwayFromZero) * PowersOfTen[-places];
    }

    static Figure Size(double lengthMm, char axis) =>
        new($"size_{axis}_mm", ToDecimal(lengthMm), "mm", $"measurement geometry.bbox {axis}");

    static string FindFaulty(Measurement measurement)
    {
        if (measurement.Geometry is not { } geometry)
            return "geometry";
        if (geometry.BboxMinMm is not { } min || geometry.BboxMaxMm is not { } max)
            return "geometry.bbox";
        var bounded = geometry.Verdict == Geometry.Types.Verdict.Bounded;
        ReadOnlySpan<(string Name, double Value, double Max)> figures =
        [
            ("geometry.volume_mm3", geometry.VolumeMm3, Limits.Part.VolumeMm3Max),
            ("geometry.volume_high_mm3", bounded ? geometry.VolumeHighMm3 - geometry.VolumeLowMm3 : 0, Limits.Part.VolumeMm3Max),
            ("geometry.area_mm2", geometry.AreaMm2, Limits.Part.AreaMm2Max),
            ("geometry.overhang_area_mm2", geometry.OverhangAreaMm2, Limits.Part.AreaMm2Max),
            ("geometry.bbox x", max.X - min.X, Limits.Part.LengthMmMax),
            ("geometry.bbox y", max.Y - min.Y, Limits.Part.LengthMmMax),
            ("geometry.bbox z", max.Z - min.Z, Limits.Part.LengthMmMax),
            ("fdm.filament_cm3", measurement.Fdm?.FilamentCm3 ?? 0, Limits.Part.FilamentCm3Max),
            ("fdm.support_cm3", measurement.Fdm?.SupportCm3 ?? 0, Limits.Part.FilamentCm3Max),
            ("analysis.hull_volume_mm3", measurement.Analysis?.HullVolumeMm3 ?? 0, Limits.Part.VolumeMm3Max),
            ("analysis.powder.nested_cm3", measurement.Analysis?.Powder?.NestedCm3 ?? 0, Limits.Part.VolumeMm3Max),
            ("analysis.lpbf.support_metal_mm3", measurement.Analysis?.Lpbf?.SupportMetalMm3 ?? 0, Limits.Part.VolumeMm3Max),
            ("fdm.print_time_s", measurement.Fdm?.PrintTimeS ?? 0, Limits.Part.PrintTimeSMax),
        ];
        foreach (var (name, value, most) in figures)
        {
            // Written so that NaN is absurd too.
            if (!(value >= 0 && value <= most))
                return name;
        }

        // No volume or no area: nothing to make, whatever else is said.
        return geometry.VolumeMm3 < Limits.Part.FigureMin ? "geometry.volume_mm3"
            : geometry.AreaMm2 < Limits.Part.FigureMin ? "geometry.area_mm2"
            : "";
    }
}
