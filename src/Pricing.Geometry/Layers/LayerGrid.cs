namespace Pricing.Geometry.Layers;

/// <summary>
/// Horizontal planes z = (k + ½)·h for every integer k: an absolute grid, so a pass can begin before the height of the part is known,
/// and a part moved by whole layers gives the same sums.
/// </summary>
/// <param name="HeightMm">h.</param>
readonly record struct LayerGrid(double HeightMm)
{
    public double PerMm { get; } = 1 / HeightMm;

    /// <summary>
    /// The first plane at or above z. A triangle meets planes First(lowest) … First(highest) − 1: the half-open rule. Because the index is a
    /// function of a vertex's z alone, neighbours agree on every plane and no vertex on a plane is counted twice.
    /// </summary>
    public int First(double zMm) => (int)Math.Ceiling(zMm * PerMm - 0.5);

    public double PlaneMm(int k) => (k + 0.5) * HeightMm;
}

/// <summary>Which slopes the profile tells apart, as the horizontal way a surface makes per unit of height: nz / √(nx²+ny²).</summary>
/// <param name="UpSkin">Above this, an upward face leaves part of the shell above it uncovered: solid infill is needed.</param>
/// <param name="UpFlat">Above this, an upward face shows between one wall and the next: top skin.</param>
/// <param name="DownSkin">As <paramref name="UpSkin"/>, downwards.</param>
/// <param name="DownFlat">As <paramref name="UpFlat"/>, downwards: bridge.</param>
/// <param name="Overhang">Above this, the wall itself hangs in the air.</param>
readonly record struct LayerSlopes(double UpSkin, double UpFlat, double DownSkin, double DownFlat, double Overhang);
