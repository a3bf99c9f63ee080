namespace Pricing.Geometry.Mass;

/// <summary>
/// What the mass kernel adds up: one fixed-point 128-bit integer per quantity, so the total does not depend on the order of
/// triangles, on chunks, threads or vector width. Terms are rounded to the stated power of two, ties to even.
/// </summary>
/// <remarks>
/// The integers wrap modulo 2¹²⁸, which is harmless while the true total fits, whatever the partial sums did. The largest, a moment of a
/// solid that fills half of the coordinate range (24 · 4·10¹⁸ mm³ · 5·10⁵ mm), is 2⁸⁵; 2¹²⁷⁻⁴⁰ fit.
/// </remarks>
sealed class MassSums
{
    /// <summary>Binary places kept of an area term (mm²), a volume term (mm³), a moment term (mm⁴).</summary>
    public const int AreaBits = 48;
    public const int VolumeBits = 48;
    public const int MomentBits = 40;

    /// <summary>Height of the zone that counts as lying on the bed: between one and two of these, mm. A power of two, so scaling is exact.</summary>
    public const double BedStepMm = 1.0 / 64;

    /// <summary>Indices of <see cref="Terms"/>. Factors are left in: twice the area, six times the volume, 24 times the moments.</summary>
    public const int Area2 = 0, NormalX2 = 1, NormalY2 = 2, Up2 = 3, Down2 = 4, Volume6 = 5, MomentX24 = 6, MomentY24 = 7, MomentZ24 = 8;

    /// <summary>Faces steeper than 45° downwards, and upwards: the latter are the overhangs of a mesh that turns out to be inside out.</summary>
    public const int Overhang2 = 9, Overhang2Inverted = 10;
    public const int TermCount = 11;

    public readonly Int128[] Terms = new Int128[TermCount];
    public TileBox Box = TileBox.Empty;
    public long Triangles;

    /// <summary>Triangles whose normal is exactly zero.</summary>
    public long Degenerate;

    /// <summary>Those of the two overhang sums whose highest point lies in the lowest two steps of the part: [inverted ? 1 : 0, step].</summary>
    public readonly Int128[,] BedOverhang2 = new Int128[2, 2];

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
        for (var side = 0; side < 2; side++)
        {
            BedOverhang2[side, 1] = BedStep != long.MaxValue && step == BedStep - 1 ? BedOverhang2[side, 0] : 0;
            BedOverhang2[side, 0] = 0;
        }
        BedStep = step;
    }

    public void AddBedOverhang(int side, long step, Int128 term)
    {
        if (step == BedStep || step == BedStep + 1)
            BedOverhang2[side, step - BedStep] += term;
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
        for (var side = 0; side < 2; side++)
            for (var step = 0; step < 2; step++)
                AddBedOverhang(side, other.BedStep + step, other.BedOverhang2[side, step]);
    }

    public void Clear()
    {
        Array.Clear(Terms);
        Array.Clear(BedOverhang2);
        Box = TileBox.Empty;
        Triangles = 0;
        Degenerate = 0;
        BedStep = long.MaxValue;
    }

    public void WriteTo(SumsWriter writer)
    {
        foreach (var term in Terms)
            writer.Add(term);
        writer.Add(Box.MinX, Box.MaxX);
        writer.Add(Box.MinY, Box.MaxY);
        writer.Add(Box.MinZ, Box.MaxZ);
        writer.Add(Triangles);
        writer.Add(Degenerate);
        writer.Add(BedStep);
        foreach (var term in BedOverhang2)
            writer.Add(term);
    }

    /// <summary>Adds sums that were written.</summary>
    public void Add(ref SumsReader written)
    {
        for (var i = 0; i < TermCount; i++)
            Terms[i] += written.NextInt128();
        TileBox box;
        (box.MinX, box.MaxX) = written.NextFloats();
        (box.MinY, box.MaxY) = written.NextFloats();
        (box.MinZ, box.MaxZ) = written.NextFloats();
        Box.Include(box);
        Triangles += written.Next();
        Degenerate += written.Next();
        var bedStep = written.Next();
        if (bedStep != long.MaxValue)
            LowerBed(bedStep);
        for (var side = 0; side < 2; side++)
            for (var step = 0; step < 2; step++)
                AddBedOverhang(side, bedStep + step, written.NextInt128());
    }

    /// <summary>A term as a number, its factor still in.</summary>
    public double Value(int term) => Value(Terms[term], term);

    public static double Value(Int128 sum, int term) => (double)sum / term switch
    {
        Volume6 => 1L << VolumeBits,
        MomentX24 or MomentY24 or MomentZ24 => 1L << MomentBits,
        _ => 1L << AreaBits,
    };
}
