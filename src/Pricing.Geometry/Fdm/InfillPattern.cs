namespace Pricing.Geometry.Fdm;

/// <summary>How sparse infill fills: what sets the length and speed of its lines.</summary>
public enum InfillPattern
{
    /// <summary>Parallel lines, turned by a right angle from layer to layer.</summary>
    Rectilinear,

    /// <summary>Parallel lines in one direction on all layers.</summary>
    AlignedRectilinear,

    /// <summary>Lines in two directions on each layer.</summary>
    Grid,

    /// <summary>Lines in three directions on each layer.</summary>
    Triangles,
    Gyroid,
    Honeycomb,

    /// <summary>Density gives the length; lines run straight at the set speed.</summary>
    Other,
}
