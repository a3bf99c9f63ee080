using System.Globalization;
using Google.Protobuf;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Quoting.V1;
using FdmEstimate = Pricing.Geometry.Fdm.FdmEstimate;
using FdmProfile = Pricing.Geometry.Fdm.FdmProfile;
using LengthUnit = Pricing.Geometry.LengthUnit;
using MeasurementNote = Pricing.Geometry.MeasurementNote;
using MeasureOptions = Pricing.Geometry.MeasureOptions;
using SlaProfile = Pricing.Geometry.Processes.SlaProfile;
using Wire = Pricing.Quoting.V1;

namespace Pricing.Node;

/// <summary>The only mapping between what geometry measured and the message that travels and is stored.</summary>
public static class MeasurementMapping
{
    /// <summary>The vectors this process computes with: avx512, avx2, portable. Informative, the figures do not depend on it.</summary>
    public static string InstructionSet => InstructionSets.Current.Name();

    /// <summary>The whole fact. <paramref name="options"/> are echoed as they were asked, not as they were filled in.</summary>
    public static Measurement ToMessage(PartMeasurement part, string modelSha256, Wire.MeasureOptions? options, MeasureTiming timing)
    {
        var message = new Measurement
        {
            ModelSha256 = modelSha256,
            EngineVersion = (uint)part.EngineVersion,
            Options = options?.Clone() ?? new Wire.MeasureOptions(),
            Format = ToMessage(part.Format),
            Unit = ToMessage(part.Unit),
            UnitAssumed = part.UnitAssumed,
            ModelBytes = part.ModelBytes,
            Geometry = ToGeometry(part),
            Digest = ByteString.CopyFrom(part.Digest),
            Timing = timing,
        };
        if (part.Fdm is { } fdm)
            message.Fdm = ToMessage(fdm);
        message.Sla = new Wire.SlaEstimate
        {
            ProfileName = part.Sla.ProfileName,
            LayerHeightMm = part.Sla.LayerHeightMm,
            Layers = part.Sla.Layers,
            ResinCm3 = part.Sla.ResinCm3,
            PrintTimeS = part.Sla.PrintTimeS,
        };
        if (part.Analysis is { } analysis)
            message.Analysis = AnalysisMapping.ToMessage(analysis, part);
        message.Notes.AddRange(part.Notes.Select(ToMessage));
        return message;
    }

    /// <summary>
    /// What geometry is asked. A zero is the standard profile's value, a missing scale is 1.
    /// Refuses, as a fault of the request, what no engine could obey.
    /// </summary>
    public static MeasureOptions ToOptions(Wire.MeasureOptions? message, int threads)
    {
        if (message is null)
            return new MeasureOptions { Threads = threads };
        var scale = message.Scale == 0 ? 1 : message.Scale;
        if (!(scale >= Limits.Mesh.ScaleMin && scale <= Limits.Mesh.ScaleMax))
        {
            throw Refused("SCALE_OUT_OF_RANGE", "The scale factor is out of range.", "measure_options.scale",
                string.Create(CultureInfo.InvariantCulture, $"{(decimal)Limits.Mesh.ScaleMin} to {(decimal)Limits.Mesh.ScaleMax}"), scale);
        }
        return new MeasureOptions
        {
            Unit = ToUnit(message.Unit),
            Scale = scale,
            Fdm = message.FdmProfile is { } profile ? ToProfile(profile) : FdmProfile.Standard,
            Sla = message.SlaProfile is { } resin ? ToProfile(resin) : SlaProfile.Standard,
            Threads = threads,
        };
    }

    public static Failure ToFailure(MeshFormatException fault) => new()
    {
        Reason = fault.Reason,
        Message = fault.Message,
        Field = fault.Field,
        Limit = fault.Limit,
        Actual = fault.Actual,
    };

    static Wire.Geometry ToGeometry(PartMeasurement part)
    {
        var geometry = new Wire.Geometry
        {
            Triangles = part.Triangles,
            DegenerateTriangles = part.DegenerateTriangles,
            Watertight = part.Watertight,
            Oriented = part.Oriented,
            Inverted = part.Inverted,
            VolumeMm3 = part.VolumeMm3,
            VolumeLowMm3 = part.VolumeLowMm3,
            VolumeHighMm3 = part.VolumeHighMm3,
            AreaMm2 = part.AreaMm2,
            BboxMinMm = ToMessage(part.BboxMinMm),
            BboxMaxMm = ToMessage(part.BboxMaxMm),
            CentroidMm = ToMessage(part.CentroidMm),
            Verdict = ToMessage(part.Verdict),
            OverhangAreaMm2 = part.OverhangAreaMm2,
            UpAreaMm2 = part.UpAreaMm2,
            DownAreaMm2 = part.DownAreaMm2,
        };
        // Absent is not zero: above the topology limit they are not counted.
        if (part.Shells is { } shells)
            geometry.Shells = shells;
        if (part.BoundaryEdges is { } boundary)
            geometry.BoundaryEdges = boundary;
        if (part.NonManifoldEdges is { } nonManifold)
            geometry.NonmanifoldEdges = nonManifold;
        return geometry;
    }

    static Wire.FdmEstimate ToMessage(FdmEstimate fdm)
    {
        var message = new Wire.FdmEstimate
        {
            Tier = (uint)fdm.Tier,
            ProfileName = fdm.ProfileName,
            LayerHeightMm = fdm.LayerHeightMm,
            Layers = fdm.Layers,
            FilamentMm = fdm.FilamentMm,
            FilamentCm3 = fdm.FilamentCm3,
            FilamentG = fdm.FilamentG,
            PrintTimeS = fdm.PrintTimeS,
            SupportCm3 = fdm.SupportCm3,
        };
        message.Features.AddRange(fdm.Features.Select(feature => new Wire.FdmFeature
        {
            Feature = feature.Feature,
            FilamentMm = feature.FilamentMm,
            TimeS = feature.TimeS,
        }));
        return message;
    }

    // What is out of range is refused by geometry itself (PROFILE_OUT_OF_RANGE).
    static FdmProfile ToProfile(Wire.FdmProfile profile)
    {
        var standard = FdmProfile.Standard;
        return standard with
        {
            Name = profile.Name.Length > 0 ? profile.Name : standard.Name,
            LayerHeightMm = Given(profile.LayerHeightMm, standard.LayerHeightMm),
            FirstLayerHeightMm = Given(profile.FirstLayerHeightMm, standard.FirstLayerHeightMm),
            NozzleDiameterMm = Given(profile.NozzleDiameterMm, standard.NozzleDiameterMm),
            ExtrusionWidthMm = Given(profile.ExtrusionWidthMm, standard.ExtrusionWidthMm),
            Perimeters = Given(profile.Perimeters, standard.Perimeters),
            TopSolidLayers = Given(profile.TopSolidLayers, standard.TopSolidLayers),
            BottomSolidLayers = Given(profile.BottomSolidLayers, standard.BottomSolidLayers),
            InfillDensity = Given(profile.InfillDensity, standard.InfillDensity),
            FilamentDiameterMm = Given(profile.FilamentDiameterMm, standard.FilamentDiameterMm),
            FilamentDensityGCm3 = Given(profile.FilamentDensityGCm3, standard.FilamentDensityGCm3),
            PerimeterSpeedMmS = Given(profile.PerimeterSpeedMmS, standard.PerimeterSpeedMmS),
            ExternalPerimeterSpeedMmS = Given(profile.ExternalPerimeterSpeedMmS, standard.ExternalPerimeterSpeedMmS),
            InfillSpeedMmS = Given(profile.InfillSpeedMmS, standard.InfillSpeedMmS),
            SolidInfillSpeedMmS = Given(profile.SolidInfillSpeedMmS, standard.SolidInfillSpeedMmS),
            TopSolidInfillSpeedMmS = Given(profile.TopSolidInfillSpeedMmS, standard.TopSolidInfillSpeedMmS),
            TravelSpeedMmS = Given(profile.TravelSpeedMmS, standard.TravelSpeedMmS),
            FirstLayerSpeedMmS = Given(profile.FirstLayerSpeedMmS, standard.FirstLayerSpeedMmS),
            AccelerationMmS2 = Given(profile.AccelerationMmS2, standard.AccelerationMmS2),
            MinLayerTimeS = Given(profile.MinLayerTimeS, standard.MinLayerTimeS),
        };
    }

    static SlaProfile ToProfile(Wire.SlaProfile profile)
    {
        var standard = SlaProfile.Standard;
        return standard with
        {
            Name = profile.Name.Length > 0 ? profile.Name : standard.Name,
            LayerHeightMm = Given(profile.LayerHeightMm, standard.LayerHeightMm),
            InitialLayerHeightMm = Given(profile.InitialLayerHeightMm, Given(profile.LayerHeightMm, standard.InitialLayerHeightMm)),
            ExposureS = Given(profile.ExposureS, standard.ExposureS),
            InitialExposureS = Given(profile.InitialExposureS, standard.InitialExposureS),
            FadedLayers = Given(profile.FadedLayers, standard.FadedLayers),
            FastTiltS = Given(profile.FastTiltS, standard.FastTiltS),
            SlowTiltS = Given(profile.SlowTiltS, standard.SlowTiltS),
            SlowAreaShare = Given(profile.SlowAreaShare, standard.SlowAreaShare),
            DisplayXMm = Given(profile.DisplayXMm, standard.DisplayXMm),
            DisplayYMm = Given(profile.DisplayYMm, standard.DisplayYMm),
            Supports = profile.ElevationMm >= 0,
            ElevationMm = profile.ElevationMm < 0 ? 0 : Given(profile.ElevationMm, standard.ElevationMm),
            Pad = profile.PadThicknessMm >= 0,
            PadThicknessMm = profile.PadThicknessMm < 0 ? 0 : Given(profile.PadThicknessMm, standard.PadThicknessMm),
        };
    }

    static double Given(double value, double standard) => value == 0 ? standard : value;

    static int Given(uint value, int standard) => value == 0 ? standard : (int)Math.Min(value, int.MaxValue);

    static MeshFormatException Refused(string reason, string message, string field, string limit, double actual) =>
        new(reason, message, field, limit, actual.ToString(CultureInfo.InvariantCulture));

    static LengthUnit? ToUnit(Wire.LengthUnit unit) => unit switch
    {
        Wire.LengthUnit.Unspecified => null,
        Wire.LengthUnit.Millimetre => LengthUnit.Millimetre,
        Wire.LengthUnit.Centimetre => LengthUnit.Centimetre,
        Wire.LengthUnit.Metre => LengthUnit.Metre,
        Wire.LengthUnit.Inch => LengthUnit.Inch,
        Wire.LengthUnit.Foot => LengthUnit.Foot,
        Wire.LengthUnit.Micrometre => LengthUnit.Micrometre,
        _ => throw new MeshFormatException("UNIT_UNKNOWN", "The unit is none this engine knows.", "measure_options.unit",
            "mm, cm, m, in, ft, um", ((int)unit).ToString(CultureInfo.InvariantCulture)),
    };

    static Wire.LengthUnit ToMessage(LengthUnit unit) => unit switch
    {
        LengthUnit.Millimetre => Wire.LengthUnit.Millimetre,
        LengthUnit.Centimetre => Wire.LengthUnit.Centimetre,
        LengthUnit.Metre => Wire.LengthUnit.Metre,
        LengthUnit.Inch => Wire.LengthUnit.Inch,
        LengthUnit.Foot => Wire.LengthUnit.Foot,
        LengthUnit.Micrometre => Wire.LengthUnit.Micrometre,
        _ => throw new ArgumentOutOfRangeException(nameof(unit)),
    };

    static ModelFormat ToMessage(MeshFormat format) => format switch
    {
        MeshFormat.StlBinary => ModelFormat.StlBinary,
        MeshFormat.StlAscii => ModelFormat.StlAscii,
        MeshFormat.Obj => ModelFormat.Obj,
        MeshFormat.Ply => ModelFormat.Ply,
        MeshFormat.Off => ModelFormat.Off,
        MeshFormat.ThreeMf => ModelFormat.ThreeMf,
        MeshFormat.Gltf => ModelFormat.Gltf,
        MeshFormat.Glb => ModelFormat.Glb,
        MeshFormat.Amf => ModelFormat.Amf,
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    static Wire.Geometry.Types.Verdict ToMessage(Verdict verdict) => verdict switch
    {
        Verdict.Exact => Wire.Geometry.Types.Verdict.Exact,
        Verdict.Repaired => Wire.Geometry.Types.Verdict.Repaired,
        Verdict.Bounded => Wire.Geometry.Types.Verdict.Bounded,
        Verdict.Estimate => Wire.Geometry.Types.Verdict.Estimate,
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };

    static Vector3 ToMessage(Point3 point) => new() { X = point.X, Y = point.Y, Z = point.Z };

    static Wire.MeasurementNote ToMessage(MeasurementNote note) => new()
    {
        Code = note.Code,
        Severity = note.IsWarning ? Wire.MeasurementNote.Types.Severity.Warning : Wire.MeasurementNote.Types.Severity.Info,
        Message = note.Message,
    };
}
