using Pricing.Geometry.Fdm;
using Pricing.Geometry.Processes;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry;

/// <summary>What geometry says about a part. Lengths in mm, areas in mm², volumes in mm³, after unit and scale.</summary>
public sealed record PartMeasurement
{
    public required int EngineVersion { get; init; }
    public required MeshFormat Format { get; init; }

    /// <summary>The unit the coordinates were read in.</summary>
    public required LengthUnit Unit { get; init; }

    /// <summary>True when neither the file nor the caller said the unit.</summary>
    public required bool UnitAssumed { get; init; }
    public required double Scale { get; init; }
    public required long ModelBytes { get; init; }
    public required long Triangles { get; init; }

    /// <summary>Triangles of zero area, counted and otherwise ignored.</summary>
    public required long DegenerateTriangles { get; init; }

    /// <summary>
    /// As it came, each edge is used by exactly two triangles, whichever way they are turned. Above <c>Limits.Mesh.TopologyTrianglesMax</c>
    /// triangles: every directed edge is met by an opposite one. The verdict, not this, says whether the volume may be believed: parts that
    /// touch along an edge are exact though not watertight, flipped triangles are watertight though not exact before repair.
    /// </summary>
    public required bool Watertight { get; init; }

    /// <summary>As it came, no two triangles that alone share an edge walk it the same way.</summary>
    public required bool Oriented { get; init; }

    /// <summary>The whole mesh was inside out; figures are of the mesh turned right.</summary>
    public required bool Inverted { get; init; }

    /// <summary>Parts that share no vertex; null above <c>Limits.Mesh.TopologyTrianglesMax</c>.</summary>
    public required long? Shells { get; init; }

    /// <summary>Undirected edges that only one triangle uses; null when not counted.</summary>
    public required long? BoundaryEdges { get; init; }

    /// <summary>Undirected edges that more than two triangles use; null when not counted.</summary>
    public required long? NonManifoldEdges { get; init; }
    public required Verdict Verdict { get; init; }
    public required double VolumeMm3 { get; init; }

    /// <summary>The volume lies between these; equal to <see cref="VolumeMm3"/> for an exact verdict.</summary>
    public required double VolumeLowMm3 { get; init; }
    public required double VolumeHighMm3 { get; init; }
    public required double AreaMm2 { get; init; }
    public required Point3 BboxMinMm { get; init; }
    public required Point3 BboxMaxMm { get; init; }
    public required Point3 CentroidMm { get; init; }

    /// <summary>Area of faces steeper than 45° downwards that do not lie on the bed.</summary>
    public required double OverhangAreaMm2 { get; init; }
    public required double UpAreaMm2 { get; init; }
    public required double DownAreaMm2 { get; init; }

    /// <summary>Null when the part is too tall for a layer profile or has no height.</summary>
    public required FdmEstimate? Fdm { get; init; }
    /// <summary>Rims of holes and edges shared by too many, with their places, as the mesh was after the safe repairs; null when it is sound or not indexed.</summary>
    public required BoundaryLoops? Boundary { get; init; }

    /// <summary>Triangles that cross; null when they were not counted.</summary>
    public required SelfIntersections? Intersections { get; init; }

    /// <summary>Resin printing, as it lies.</summary>
    public required SlaEstimate Sla { get; init; }
    /// <summary>Null when it was not asked for, or the mesh is too large to be indexed.</summary>
    public required PartAnalysis? Analysis { get; init; }

    /// <summary>A PNG; not part of the digest. Null unless asked for.</summary>
    public byte[]? ThumbnailPng { get; init; }
    public required IReadOnlyList<MeasurementNote> Notes { get; init; }

    /// <summary>SHA-256 over the numeric facts, in a fixed order and bit for bit.</summary>
    public required byte[] Digest { get; init; }
}

/// <summary>How far a figure derived from volume may be believed.</summary>
public enum Verdict
{
    Exact,
    Repaired,
    Bounded,
    Estimate,
}

/// <summary>A point or extent in mm.</summary>
public readonly record struct Point3(double X, double Y, double Z);

/// <summary>Something a person should know. Codes are stable and listed in docs/errors.md.</summary>
public sealed record MeasurementNote(string Code, bool IsWarning, string Message);
