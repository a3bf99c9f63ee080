namespace Pricing.Geometry.Orientation;

/// <summary>The processes that care how a part lies. Casting has no such choice.</summary>
public enum OrientationGoal
{
    /// <summary>Filament.</summary>
    Fdm,

    /// <summary>Resin, hanging from a plate.</summary>
    Sla,

    /// <summary>Powder without supports: SLS, MJF.</summary>
    Powder,

    /// <summary>Metal powder, welded to supports.</summary>
    Lpbf,
}

/// <summary>
/// What a way of lying costs, in seconds of machine and hand together: one figure to compare ways by, not a price. All of it stands in
/// <see cref="Of"/>.
/// </summary>
/// <param name="PerHeightMm">Layers: what a layer takes besides its area.</param>
/// <param name="PerSupportMm3">Material laid down under the part and thrown away.</param>
/// <param name="PerOverhangMm2">Faces that touch support and need a hand afterwards.</param>
/// <param name="PerProjectedMm2">Large sections.</param>
/// <param name="PerBoxMm3">Room in a shared batch: height times footprint.</param>
/// <param name="Unsteady">A part that hardly touches the bed needs a raft, or falls.</param>
readonly record struct OrientationWeights(
    double PerHeightMm, double PerSupportMm3, double PerOverhangMm2, double PerProjectedMm2, double PerBoxMm3, double Unsteady)
{
    /// <summary>Touching the bed with this share of its silhouette, or with this area, a part stands.</summary>
    public const double SteadyShare = 0.1, SteadyMm2 = 400;

    /// <summary>A part is turned only for so large a share: the way it came is what the customer looked at.</summary>
    public const double GainMin = 0.02;

    public static OrientationWeights Of(OrientationGoal goal) => goal switch
    {
        // 0.2 mm layers with 1.5 s of moves and slow corners each; support printed at a fifth of its column at 8 mm³/s, and as much again
        // for its material; a square centimetre of supported face takes 5 s to clean; a raft takes ten minutes.
        OrientationGoal.Fdm => new(7.5, 0.05, 0.05, 0, 0, 600),
        // 0.05 mm layers at 8 s: height is nearly all. A section of 10 cm² peels a second slower per layer over the height of a typical part
        // (400 layers), supports are thin, their marks are sanded off.
        OrientationGoal.Sla => new(160, 0.01, 0.2, 0.4, 0, 0),
        // A chamber of 41 l takes 12 h; height beyond that because a flat part is nested more easily.
        OrientationGoal.Powder => new(2, 0, 0, 0, 1e-3, 0),
        // Supports are metal: welded at 3 mm³/s and a third dense, then sawn and milled off at 1 mm² in 2 s. Recoating (10 s per 0.04 mm)
        // is shared by the eight parts of a plate.
        OrientationGoal.Lpbf => new(31, 0.1, 2, 0, 0, 1200),
        _ => throw new ArgumentOutOfRangeException(nameof(goal)),
    };

    /// <summary>The faces that need support: 45° for filament and metal, 30° for resin. Powder carries everything.</summary>
    public static double Choose(OrientationGoal goal, in OverhangArea figures) => goal == OrientationGoal.Sla ? figures.Below30 : figures.Below45;

    /// <summary>Seconds, with support as measured or as the histogram's columns have it.</summary>
    public double Score(double heightMm, double supportMm3, double overhangMm2, double projectedMm2, double footprintMm2, double contactMm2)
    {
        var needed = Math.Min(SteadyMm2, SteadyShare * projectedMm2);
        var missing = contactMm2 >= needed ? 0 : 1 - contactMm2 / needed;
        return PerHeightMm * heightMm + PerSupportMm3 * supportMm3 + PerOverhangMm2 * overhangMm2 + PerProjectedMm2 * projectedMm2
            + PerBoxMm3 * heightMm * footprintMm2 + Unsteady * missing;
    }
}
