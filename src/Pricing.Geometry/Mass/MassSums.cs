namespace Pricing.Geometry.Mass;

/// <summary>
/// What the mass kernel adds up: one fixed-point 128-bit integer per quantity, so the total does not depend on the order of
/// triangles, on chunks, threads or vector width. Terms are rounded to the stated power of two, ties to even.
/// </summary>
/// <remarks>
/// The integers wrap modulo 2¹²⁸, which is harmless while the true total fits: a moment of 2¹²⁷⁻³⁴ mm⁴ is 64 solid cubes of
/// 2 km at the far corner of the coordinate range.
/// </remarks>
sealed class MassSums
{
    /// <summary>Binary places kept of an area term (mm²), a volume term (mm³), a moment term (mm⁴).</summary>
    public const int AreaBits = 36;
    public const int VolumeBits = 38;
    public const int MomentBits = 34;

    /// <summary>Height of the zone that counts as lying on the bed: between one and two of these, mm. A power of two, so scaling is exact.</summary>
    public const double BedStepMm = 1.0 / 64;

    /// <summary>Indices of <see cref="Terms"/>. Factors are left in: twice the area, six times the volume, 24 times the moments.</summary>
    public const int Area2 = 0, NormalX2 = 1, NormalY2 = 2, Up2 = 3, Down2 = 4, Overhang2 = 5, Volume6 = 6, MomentX24 = 7, MomentY24 = 8, MomentZ24 = 9;
    public const int TermCount = 10;

    public readonly Int128[] Terms = new Int128[TermCount];
    public TileBox Box = TileBox.Empty;
    public long Triangles;

    /// <summary>Triangles whose normal is exactly zero.</summary>
    public long Degenerate;

    /// <summary>Overhanging area (twice) whose highest point lies in the lowest two steps of the part, by step.</summary>
    public Int128 BedOverhang2Low, BedOverhang2High;

    /// <summary>The lowest step seen so far.</summary>
    public long BedStep = long.MaxValue;

    /// <summary>Everything below this height, mm, lies on the bed as far as the triangles seen so far tell.</summary>
    public double BedTopMm => BedStep == long.MaxValue ? double.PositiveInfinity : (BedStep + 2) * BedStepMm;

    public static long BedStepOf(double zMm) => (long)Math.Floor(zMm / BedStepMm);

    /// <summary>Lowers the bed. What lay in a step that is now too high is no longer on it; nothing below was missed, for it would have lowered it before.</summary>
    public void LowerBed(long step)
    {
        if (step >= BedStep)
            return;
        if (BedStep != long.MaxValue && step == BedStep - 1)
            BedOverhang2High = BedOverhang2Low;
        else
            BedOverhang2High = 0;
        BedOverhang2Low = 0;
        BedStep = step;
    }

    public void AddBedOverhang(long step, Int128 term)
    {
        if (step == BedStep)
            BedOverhang2Low += term;
        else if (step == BedStep + 1)
            BedOverhang2High += term;
    }

    /// <summary>Adds another worker's sums.</summary>
    public void Add(MassSums other)
    {
        for (var i = 0; i < TermCount; i++)
            Terms[i] += other.Terms[i];
        Box.Include(other.Box);
        Triangles += other.Triangles;
        Degenerate += other.Degenerate;
        if (other.BedStep == long.MaxValue)
            return;
        LowerBed(other.BedStep);
        AddBedOverhang(other.BedStep, other.BedOverhang2Low);
        AddBedOverhang(other.BedStep + 1, other.BedOverhang2High);
    }
}
