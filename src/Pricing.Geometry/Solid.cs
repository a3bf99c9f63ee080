using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry;

/// <summary>The volume a mesh encloses, or would once its holes are closed and what overlaps is united, and how much of it is in doubt.</summary>
sealed record Solid(double VolumeMm3, Point3 CentroidMm, bool IsInverted, bool IsClosed, double DoubtMm3, LayerRows? ConeRows)
{
    /// <param name="sums">Sums of the mesh, repaired where it could be.</param>
    /// <param name="repair">Null when the mesh was too large to be indexed.</param>
    /// <param name="pipeline">Measures the cones that close an open mesh.</param>
    /// <param name="box">Extents of the mesh.</param>
    public static Solid Of(TileSums sums, MeshRepair? repair, TilePipeline pipeline, in TileBox box)
    {
        var mass = sums.Mass;
        // Where the mesh is indexed its edges were counted one by one; the fingerprint stands in where it is not.
        if (repair?.Topology.Balanced ?? sums.Chain.IsClosed)
            return United(Closed(mass.Terms, true, repair?.HolesDoubtMm3 ?? 0, null), repair?.Overlap ?? default);
        if (repair is null || OpenBoundary.Of(repair.Edges, pipeline.Mesh.Vertices) is not { } boundary)
            return AboutCentre(mass, box);
        var cones = pipeline.Measure(boundary.WriteTo);
        var terms = (Int128[])mass.Terms.Clone();
        for (var t = MassSums.Volume6; t <= MassSums.MomentZ24; t++)
            terms[t] += cones.Mass.Terms[t];
        return Closed(terms, false, boundary.UncertaintyMm3 + repair.HolesDoubtMm3, cones.Rows);
    }

    /// <summary>Takes off what overlapping shells count twice, unless it is too little to matter: surfaces that merely graze each other change nothing.</summary>
    static Solid United(Solid solid, OverlapExcess overlap)
    {
        var nothing = MeshRepair.NoDoubtShare * solid.VolumeMm3;
        if (Math.Abs(overlap.Mm3) + overlap.DoubtMm3 <= nothing)
            overlap = default;
        var doubt = solid.DoubtMm3 + overlap.DoubtMm3;
        return solid with { VolumeMm3 = solid.VolumeMm3 - overlap.Mm3, DoubtMm3 = doubt <= nothing && overlap == default ? 0 : doubt };
    }

    static Solid Closed(Int128[] terms, bool isClosed, double doubt, LayerRows? cones)
    {
        var volume6 = MassSums.Value(terms[MassSums.Volume6], MassSums.Volume6);
        // Moments over volume, with the factors 24 and 6: the sign of an inverted mesh cancels.
        double Mean(int term) => MassSums.Value(terms[term], term) / (4 * volume6) + 0.0;
        var centroid = volume6 == 0 ? default : new Point3(Mean(MassSums.MomentX24), Mean(MassSums.MomentY24), Mean(MassSums.MomentZ24));
        return new(Math.Abs(volume6) / 6, centroid, volume6 < 0, isClosed, doubt, cones);
    }

    /// <summary>An open mesh's volume depends on the origin; taken about the middle of its box it depends least. Anything within the box is possible.</summary>
    static Solid AboutCentre(MassSums mass, in TileBox box)
    {
        double x = 0.5 * ((double)box.MinX + box.MaxX), y = 0.5 * ((double)box.MinY + box.MaxY), z = 0.5 * ((double)box.MinZ + box.MaxZ);
        var normalZ2 = MassSums.Value(mass.Terms[MassSums.Up2] - mass.Terms[MassSums.Down2], MassSums.Up2);
        var volume6 = mass.Value(MassSums.Volume6) - (x * mass.Value(MassSums.NormalX2) + y * mass.Value(MassSums.NormalY2) + z * normalZ2);
        var room = ((double)box.MaxX - box.MinX) * ((double)box.MaxY - box.MinY) * ((double)box.MaxZ - box.MinZ);
        var volume = Math.Min(Math.Abs(volume6) / 6, room);
        return new(volume, new(x, y, z), volume6 < 0, false, room, null);
    }
}
