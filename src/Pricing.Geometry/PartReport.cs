using System.Globalization;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Fdm.Raster;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Processes;
using Pricing.Geometry.Shape;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry;

/// <summary>From sums to figures, verdict and notes.</summary>
sealed class PartReport(MeasureOptions options, long modelBytes, MeshDecoder decoder, LayerGrid grid, TilePipeline pipeline, TileSums sums)
{
    /// <summary>Up to this share of the volume in doubt a mesh with holes or overlaps has a bounded volume; beyond it is an estimate.</summary>
    const double BoundedShare = 0.05;

    /// <summary>Below this multiple of area times diagonal there is no volume, only rounding.</summary>
    const double NoVolumeShare = 1e-9;

    /// <summary>Largest extents of a part that is probably in the right unit, mm.</summary>
    const double PlausibleMinMm = 1, PlausibleMaxMm = 2000;

    readonly List<MeasurementNote> _notes = [.. decoder.Notes];

    public PartMeasurement Write()
    {
        if (sums.Mass.Triangles == 0)
            throw new MeshFormatException("MESH_EMPTY", "The model has no triangles.", "triangles", "at least 1 triangle", "0 triangles");
        NoteUnit();
        var triangles = sums.Mass.Triangles;
        var degenerate = sums.Mass.Degenerate;
        var repair = pipeline.Mesh.IsComplete ? MeshRepair.Of(pipeline.Mesh) : null;
        if (repair is { Changed: true })
            sums = pipeline.Measure(repair.WriteTo);
        var box = sums.Mass.Box;
        double dx = (double)box.MaxX - box.MinX, dy = (double)box.MaxY - box.MinY, dz = (double)box.MaxZ - box.MinZ;
        var diagonal = Math.Sqrt(dx * dx + dy * dy + dz * dz);

        var solid = Solid.Of(sums, repair, pipeline, box);
        var area = sums.Mass.Value(MassSums.Area2) / 2;
        if (!(solid.VolumeMm3 > NoVolumeShare * area * diagonal) || dx == 0 || dy == 0 || dz == 0)
            throw new MeshFormatException("MESH_NO_VOLUME", "The model encloses no volume.", "volume", "more than 0 mm3", $"{solid.VolumeMm3:G6} mm3");
        var verdict = !solid.IsClosed || solid.DoubtMm3 > 0
            ? solid.DoubtMm3 <= BoundedShare * solid.VolumeMm3 ? Verdict.Bounded : Verdict.Estimate
            : solid.IsInverted || repair is { Changed: true } ? Verdict.Repaired : Verdict.Exact;
        NoteMesh(repair, solid, verdict, degenerate, triangles);
        NoteSize(Math.Max(dx, Math.Max(dy, dz)));

        var up = solid.IsInverted ? MassSums.Down2 : MassSums.Up2;
        var down = solid.IsInverted ? MassSums.Up2 : MassSums.Down2;
        var side = solid.IsInverted ? 1 : 0;
        var overhang = sums.Mass.Terms[solid.IsInverted ? MassSums.Overhang2Inverted : MassSums.Overhang2]
            - sums.Mass.BedOverhang2[side, 0] - sums.Mass.BedOverhang2[side, 1];
        var table = ReadLayers(solid, diagonal);
        var mesh = repair is null || !(options.Analysis || options.Thumbnail) ? null : SolidMesh.Of(repair.Corners, pipeline.Mesh.Vertices, solid.IsInverted);
        var measurement = new PartMeasurement
        {
            EngineVersion = PartMeasurer.EngineVersion,
            Format = decoder.Format,
            Unit = options.Unit ?? decoder.FileUnit ?? LengthUnit.Millimetre,
            UnitAssumed = options.Unit is null && decoder.FileUnit is null,
            Scale = options.Scale,
            ModelBytes = modelBytes,
            Triangles = triangles,
            DegenerateTriangles = degenerate,
            Watertight = repair?.Original.Manifold ?? solid.IsClosed,
            Oriented = repair?.Original.Consistent ?? solid.IsClosed,
            Inverted = solid.IsInverted,
            Shells = repair?.Original.Shells,
            BoundaryEdges = repair?.Original.BoundaryEdges ?? (solid.IsClosed ? 0 : null),
            NonManifoldEdges = repair?.Original.NonManifoldEdges,
            Verdict = verdict,
            VolumeMm3 = solid.VolumeMm3,
            VolumeLowMm3 = Math.Max(0, solid.VolumeMm3 - solid.DoubtMm3),
            VolumeHighMm3 = Math.Min(solid.VolumeMm3 + solid.DoubtMm3, Math.Max(solid.VolumeMm3, dx * dy * dz)),
            AreaMm2 = area,
            BboxMinMm = new(box.MinX, box.MinY, box.MinZ),
            BboxMaxMm = new(box.MaxX, box.MaxY, box.MaxZ),
            CentroidMm = solid.CentroidMm,
            OverhangAreaMm2 = MassSums.Value(overhang, MassSums.Overhang2) / 2,
            UpAreaMm2 = sums.Mass.Value(up) / 2,
            DownAreaMm2 = sums.Mass.Value(down) / 2,
            Fdm = table is null ? null : EstimateFdm(table, repair, solid, Math.Sqrt(dx * dx + dy * dy)),
            Boundary = repair?.Boundary,
            Intersections = repair is { Intersections: { IsCounted: true } crossing } ? crossing : null,
            Sla = SlaEstimate.Of(solid.VolumeMm3, dz, table, options.Sla),
            Analysis = mesh is null || !options.Analysis ? null : PartAnalysis.Of(mesh, sums, solid.IsInverted, solid.VolumeMm3, area, options),
            ThumbnailPng = mesh is null || !options.Thumbnail ? null : Thumbnail.Render(mesh, new()),
            Notes = _notes,
            Digest = [],
        };
        return measurement with { Digest = MeasurementDigest.Of(measurement) };
    }

    /// <summary>The layer profile, or null (and a note) when there is none.</summary>
    LayerTable? ReadLayers(Solid solid, double diagonalMm)
    {
        // The perimeter sum holds 2³⁹ mm; no section is longer than all triangles' longest cuts together.
        if (sums.Rows.TooTall || sums.Mass.Triangles * diagonalMm >= 1L << 39)
        {
            _notes.Add(new("TOO_MANY_LAYERS", true,
                $"The part is too large for a layer profile at {options.Fdm.LayerHeightMm} mm: there is no filament estimate. The limit is {Limits.Mesh.LayersMax} layers."));
            return null;
        }
        if (solid.ConeRows is { TooTall: false } cones)
            sums.Rows.AddArea(cones);
        return LayerTable.Read(sums.Rows, grid, sums.Mass.Box.MinZ, sums.Mass.Box.MaxZ, solid.IsInverted);
    }

    FdmEstimate? EstimateFdm(LayerTable table, MeshRepair? repair, Solid solid, double planDiagonalMm)
    {
        double minZ = sums.Mass.Box.MinZ, maxZ = sums.Mass.Box.MaxZ;
        var motion = new CornerMotion(options.Fdm.ExternalPerimeterSpeedMmS, options.Fdm.PerimeterSpeedMmS,
            options.Fdm.PerimeterAccelerationMmS2, options.Fdm.JerkMmS);
        var turning = repair is null
            ? null
            : Turning.Of(repair.Corners, pipeline.Mesh.Vertices, repair.Edges, grid, minZ, maxZ, solid.IsInverted, motion);
        var fromSums = FdmEstimator.Estimate(table, turning, minZ, maxZ - minZ, planDiagonalMm, options.Fdm);
        return fromSums is not null && options.FdmTier == 2 && repair is not null && sums.Mass.Triangles <= Limits.Fdm.RasterTrianglesMax
            ? EstimateFromRaster(repair) ?? fromSums
            : fromSums;
    }

    /// <summary>The slicer-grade estimate, of the mesh as repaired. Where the vertex index was given up (a larger mesh), the sums answer.</summary>
    FdmEstimate? EstimateFromRaster(MeshRepair repair)
    {
        var triangles = new TriangleSoup();
        repair.WriteTo(new TileWriter(triangles, new TriangleTile()));
        return RasterEstimator.Estimate(triangles.Coordinates, options.Fdm, Math.Max(1, options.Threads));
    }

    void NoteUnit()
    {
        if (options.Unit is { } told && decoder.FileUnit is { } stated && told != stated)
            Note("UNIT_OVERRIDDEN", true, $"The file says {stated.Symbol()}; it was read in {told.Symbol()} as asked.");
        if (options.Unit is null && decoder.FileUnit is null)
            Note("UNIT_ASSUMED", false, decoder.Format is MeshFormat.Gltf or MeshFormat.Glb
                ? "glTF defines metres, but CAD programs write millimetres into it: the file was read in mm. Say the unit if that is wrong."
                : "The file does not say its unit: it was read in mm.");
    }

    void NoteMesh(MeshRepair? repair, Solid solid, Verdict verdict, long degenerate, long triangles)
    {
        if (degenerate > 0)
            Note("DEGENERATE_TRIANGLES", false, $"Triangles without area, which count for nothing: {degenerate} of {triangles}.");
        if (solid.IsInverted)
            Note("MESH_INVERTED", false, "The whole mesh was inside out and was turned right.");
        if (repair is null)
        {
            if (!solid.IsClosed)
                Note("MESH_OPEN", true, "The surface is not closed, or triangles are turned against each other: volume is an estimate.");
            else
                NoteNotCompared(isWarning: false);
            return;
        }
        if (repair.Original.Shells > 1)
            Note("MULTIPLE_SHELLS", false, $"The model consists of {repair.Original.Shells} shells that share no corner.");
        if (repair.Original.NonManifoldEdges > 0)
            Note("NON_MANIFOLD_EDGES", false, $"Edges used by more than two triangles: {repair.Original.NonManifoldEdges}"
                + (repair.Boundary is { FirstShared: [var first, ..] } ? $", the first at {Place(first.From)}." : "."));
        if (repair.Duplicates > 0)
            Note("DUPLICATE_TRIANGLES", false, $"Triangles that were there twice and were dropped: {repair.Duplicates}.");
        if (repair.Slivers > 0)
            Note("SLIVERS_DROPPED", false, $"Triangles whose corners lie on one line, which left the surface open and were dropped: {repair.Slivers}.");
        if (repair.Welded > 0)
            Note("CORNERS_WELDED", false, $"Corners within {MeshRepair.WeldMm} mm of another that were joined: {repair.Welded}.");
        if (repair.Turned > 0)
            Note("TRIANGLES_TURNED", false, $"Triangles that faced the wrong way and were turned: {repair.Turned}.");
        if (repair.ShellsTurned > 0)
            Note("SHELLS_TURNED", false, $"Shells that were inside out and were turned: {repair.ShellsTurned}.");
        if (repair.ShellsSwallowed > 0)
            Note("SHELLS_SWALLOWED", false, $"Shells that lay wholly inside the solid and were dropped, as a slicer unites them: {repair.ShellsSwallowed}.");
        var largest = repair.Boundary is { Largest: [var hole, ..] }
            ? $" The longest rim has {hole.Edges} edges and {FourDigits(hole.LengthMm)} mm, around {Place(hole.CentreMm)}."
            : "";
        if (repair.HolesClosed > 0)
            Note("HOLES_CLOSED", true, $"Small holes that were closed flat: {repair.HolesClosed}, {FourDigits(repair.HolesAreaMm2)} mm2 in all."
                + (solid.IsClosed ? largest : ""));
        if (!solid.IsClosed)
            Note("MESH_OPEN", true, repair.Topology.BoundaryEdges > 0
                ? $"The surface is not closed (open edges: {repair.Topology.BoundaryEdges}): "
                    + (verdict == Verdict.Bounded ? "if the holes are small, volume lies between the bounds given." : "volume is an estimate.") + largest
                : "Triangles are turned against each other in a way that has no one repair: volume is an estimate." + largest);
        NoteOverlaps(repair, solid, verdict);
    }

    void NoteOverlaps(MeshRepair repair, Solid solid, Verdict verdict)
    {
        if (repair.Intersections is { Pairs: > 0 } crossing)
            Note("SELF_INTERSECTING", true, $"The surface runs through itself: {(crossing.IsAtLeast ? "at least " : "")}{crossing.Pairs} pairs of triangles cross, "
                + $"the first at {Place(crossing.First[0])}." + (solid is { IsClosed: true, DoubtMm3: > 0 }
                    ? " What overlaps counts once; the volume " + (verdict == Verdict.Bounded ? "lies between the bounds given." : "is an estimate.")
                    : ""));
        else if (repair.Overlap is not null && solid.DoubtMm3 > 0)
            Note("SHELLS_OVERLAP", true, "Shells lie in one another without crossing anywhere in the open: what overlaps counts once, the volume is measured along columns.");
        if (solid.IsClosed && !repair.ShellsCompared)
            NoteNotCompared(repair.Topology.Shells > 1);
    }

    void NoteNotCompared(bool isWarning) => Note("OVERLAPS_NOT_CHECKED", isWarning,
        "The mesh is too large or too entangled to look for overlaps: where the surface runs through itself the volume counts twice. "
            + $"The limit is {Limits.Topology.CrossingTrianglesMax} triangles.");

    static string Place(Point3 p) => $"({FourDigits(p.X)}, {FourDigits(p.Y)}, {FourDigits(p.Z)})";

    void NoteSize(double extentMm)
    {
        if (extentMm is >= PlausibleMinMm and <= PlausibleMaxMm)
            return;
        var unit = options.Unit ?? decoder.FileUnit ?? LengthUnit.Millimetre;
        LengthUnit[] likely = [LengthUnit.Millimetre, LengthUnit.Metre, LengthUnit.Inch, LengthUnit.Centimetre, LengthUnit.Foot, LengthUnit.Micrometre];
        var better = Array.FindIndex(likely, u => extentMm / unit.InMillimetres() * u.InMillimetres() is >= PlausibleMinMm and <= PlausibleMaxMm);
        Note("SIZE_IMPLAUSIBLE", true, $"The largest extent is {FourDigits(extentMm)} mm."
            + (better >= 0 && likely[better] != unit ? $" Should the unit be {likely[better].Symbol()}?" : ""));
    }

    /// <summary>Never in powers of ten: a person reads it.</summary>
    static string FourDigits(double value) =>
        decimal.Parse(value.ToString("G4", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);

    void Note(string code, bool isWarning, string message) => _notes.Add(new(code, isWarning, message));
}
