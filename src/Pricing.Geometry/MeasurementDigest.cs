using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pricing.Geometry;

/// <summary>
/// SHA-256 over the numeric facts, bit for bit, in one order: two nodes, two formats of the same triangles, two runs are compared by it.
/// Format, file size, unit, notes and names are left out.
/// </summary>
static class MeasurementDigest
{
    public static byte[] Of(PartMeasurement m)
    {
        List<long> facts =
        [
            m.EngineVersion, m.Triangles, m.DegenerateTriangles, m.Watertight ? 1 : 0, m.Oriented ? 1 : 0, m.Inverted ? 1 : 0,
            m.Shells ?? -1, m.BoundaryEdges ?? -1, m.NonManifoldEdges ?? -1, (long)m.Verdict,
            Bits(m.VolumeMm3), Bits(m.VolumeLowMm3), Bits(m.VolumeHighMm3), Bits(m.AreaMm2),
            Bits(m.BboxMinMm.X), Bits(m.BboxMinMm.Y), Bits(m.BboxMinMm.Z), Bits(m.BboxMaxMm.X), Bits(m.BboxMaxMm.Y), Bits(m.BboxMaxMm.Z),
            Bits(m.CentroidMm.X), Bits(m.CentroidMm.Y), Bits(m.CentroidMm.Z),
            Bits(m.OverhangAreaMm2), Bits(m.UpAreaMm2), Bits(m.DownAreaMm2), m.Fdm is null ? 0 : 1,
        ];
        if (m.Fdm is { } fdm)
        {
            facts.AddRange([fdm.Tier, Bits(fdm.LayerHeightMm), fdm.Layers, Bits(fdm.FilamentMm), Bits(fdm.FilamentCm3), Bits(fdm.FilamentG),
                Bits(fdm.PrintTimeS), Bits(fdm.SupportCm3), fdm.Features.Count]);
            foreach (var feature in fdm.Features)
                facts.AddRange([Bits(feature.FilamentMm), Bits(feature.TimeS)]);
        }
        facts.AddRange([m.Sla.Layers, Bits(m.Sla.LayerHeightMm), Bits(m.Sla.ResinCm3), Bits(m.Sla.PrintTimeS)]);
        facts.AddRange([m.Boundary?.Loops ?? -1, Bits(m.Boundary?.LengthMm ?? 0), m.Intersections?.Pairs ?? -1]);
        if (m.Analysis is { } analysis)
            facts.AddRange(analysis.Figures().Select(Bits));
        var bytes = new byte[facts.Count * sizeof(long)];
        for (var i = 0; i < facts.Count; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), facts[i]);
        return SHA256.HashData(bytes);
    }

    /// <summary>−0 and +0 are one number.</summary>
    static long Bits(double value) => BitConverter.DoubleToInt64Bits(value + 0.0);
}
