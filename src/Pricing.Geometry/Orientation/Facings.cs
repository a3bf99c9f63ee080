using System.Numerics;
using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mass;

namespace Pricing.Geometry.Orientation;

/// <summary>What a histogram says about one direction of build.</summary>
/// <param name="Overhang">Area that hangs, without what may lie on the bed.</param>
/// <param name="Columns">Volume under the hanging area down to the bed, mm³: support if nothing of the part stands in the way.</param>
/// <param name="ProjectedMm2">Half of all area as seen from above: the silhouette of a convex part, more for any other.</param>
/// <param name="BedContactMm2">Area that lies on the bed, or more: exact when everything else that faces straight down hangs at one height.</param>
readonly record struct Facing(OverhangArea Overhang, OverhangArea Columns, double ProjectedMm2, double BedContactMm2);

/// <summary>A figure for faces less than 30°, 45° and 60° from the horizontal.</summary>
public readonly record struct OverhangArea(double Below30, double Below45, double Below60);

/// <summary>The histogram in numbers: one entry per bin that has any area, in the order of bins, for thousands of directions to be tried on.</summary>
/// <remarks>
/// A bin of flat faces, whose normals agree, is on one side of a threshold or the other; one of a curved face is counted by the share of a
/// uniform disc of normals, as wide as the bin's normals are spread, that is beyond it. The spread follows from |Σn| ÷ Σ|n|.
/// Sums over bins are rounded to fixed point like everything else, so the width of vectors does not show.
/// </remarks>
sealed unsafe partial class Facings
{
    /// <summary>Cosine and sine of 30°, 45°, 60°.</summary>
    const double Half = 0.5, Root2 = 0.70710678118654752, Root3 = 0.86602540378443865;

    /// <summary>
    /// A face exactly at a threshold carries itself, whatever rounding did to its normal and the direction: so much steeper counts (0.01°).
    /// </summary>
    const double SlackCosine = 1e-4;

    /// <summary>Up to this |Σn| is as long as Σ|n| in float32 (a spread of 0.1°): a flat face.</summary>
    const double FlatLoss = 1e-6;

    /// <summary>Sharpest step over a threshold, for flat faces; below the slack, so that a face at the threshold does not touch it.</summary>
    const double SharpestPerCosine = 2e4;

    /// <summary>2√3: a disc of normals of radius r loses r²/4 of its length, and spreads as far as a step of half-width r·√3/2.</summary>
    const double DiscFactor = 3.46410161513775459;

    /// <summary>Within 0.1° of straight down a face can lie on the bed, within this height, mm.</summary>
    const double LyingCosine = 1 - 2e-6, LyingMm = 0.02;

    /// <summary>So flat (a spread of 0.7°) is a bin of which part lies: a plane and the first strips of the fillets around it, not the foot of a sphere.</summary>
    const double LyingSharp = 50;

    /// <summary>Rounding of ∫(c·n̂)² in float32, as a share.</summary>
    const double SquareNoise = 4e-7;

    const int Area = 0, Mx = 1, My = 2, Mz = 3, Cx = 4, Cy = 5, Cz = 6, Sharp = 7, Square = 8, Columns = 9;
    const int Row = 8, SumCount = 7;

    readonly double[] _data;
    readonly int _rows;
    readonly double _areaUnit, _momentUnit;

    Facings(double[] data, int count, int rows, double areaUnit, double momentUnit)
    {
        _data = data;
        Count = count;
        _rows = rows;
        _areaUnit = areaUnit;
        _momentUnit = momentUnit;
    }

    /// <summary>Bins that have any area.</summary>
    public int Count { get; }

    /// <summary>Null for a part so large that the sums do not hold it.</summary>
    public static Facings? Of(NormalHistogram histogram, MassSums mass, bool isInverted)
    {
        if (!NormalHistogram.Holds(mass) || mass.Triangles == 0)
            return null;
        List<int> bins = [];
        for (var b = 0; b < NormalHistogram.Bins; b++)
            if (histogram.Row(b)[NormalHistogram.Area2] > 0)
                bins.Add(b);
        var rows = (bins.Count + Row - 1) / Row * Row;
        var data = new double[Columns * rows];
        var sign = isInverted ? -1.0 : 1.0;
        double total = 0;
        for (var i = 0; i < bins.Count; i++)
        {
            var row = histogram.Row(bins[i]);
            double area2 = row[NormalHistogram.Area2];
            var area = area2 / (2.0 * (1L << NormalHistogram.AreaBits));
            double x = sign * row[NormalHistogram.Normal2] / area2, y = sign * row[NormalHistogram.Normal2 + 1] / area2, z = sign * row[NormalHistogram.Normal2 + 2] / area2;
            double[] moment6 = [row[NormalHistogram.Moment6], row[NormalHistogram.Moment6 + 1], row[NormalHistogram.Moment6 + 2]];
            double Centre(int k) => moment6[k] / (6.0 * (1L << NormalHistogram.MomentBits)) / area;
            var loss = 1 - Math.Sqrt(x * x + y * y + z * z) - FlatLoss;
            var sharp = loss > 0 ? Math.Min(SharpestPerCosine, 1 / (DiscFactor * Math.Sqrt(loss))) : SharpestPerCosine;
            double[] entry = [area, x, y, z, Centre(0), Centre(1), Centre(2), sharp, row[NormalHistogram.Square2] / (2.0 * (1L << NormalHistogram.SquareBits)) / area];
            for (var k = 0; k < Columns; k++)
                data[k * rows + i] = entry[k];
            total += area;
        }
        // No sum of areas exceeds the total, none of columns the total times the diagonal: in these units all stay below 2⁵⁰.
        double dx = (double)mass.Box.MaxX - mass.Box.MinX, dy = (double)mass.Box.MaxY - mass.Box.MinY, dz = (double)mass.Box.MaxZ - mass.Box.MinZ;
        return new(data, bins.Count, rows, UnitFor(total), UnitFor(total * (Math.Sqrt(dx * dx + dy * dy + dz * dz) + 1)));
    }

    /// <summary>A power of two of which the value is less than 2⁵⁰.</summary>
    static double UnitFor(double value)
    {
        var exponent = (int)((BitConverter.DoubleToInt64Bits(value) >> 52) & 0x7FF);
        return BitConverter.Int64BitsToDouble((long)(exponent - 49) << 52);
    }

    /// <summary>Directions that put the heaviest bins' faces flat on the bed: heaviest first.</summary>
    public IEnumerable<Point3> Flats(int count)
    {
        var order = Enumerable.Range(0, Count).ToArray();
        Array.Sort(order, (a, b) => _data[a] != _data[b] ? _data[b].CompareTo(_data[a]) : a.CompareTo(b));
        foreach (var i in order.Take(count))
        {
            double x = _data[Mx * _rows + i], y = _data[My * _rows + i], z = _data[Mz * _rows + i];
            var length = Math.Sqrt(x * x + y * y + z * z);
            if (length > 0)
                yield return new(0.0 - x / length, 0.0 - y / length, 0.0 - z / length);
        }
    }

    /// <summary>What there is to say when <paramref name="up"/> points up and the part's lowest point along it is at <paramref name="bedMm"/>.</summary>
    public Facing Seen(Point3 up, double bedMm, InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => Seen<Doubles512>(up, bedMm),
        InstructionSet.Avx2 => Seen<Doubles256>(up, bedMm),
        _ => Seen<Doubles1>(up, bedMm),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    Facing Seen<T>(Point3 up, double bedMm)
        where T : unmanaged, IDoubles<T>
    {
        var acc = stackalloc T[SumCount];
        for (var i = 0; i < SumCount; i++)
            acc[i] = T.Of(0);
        T ux = T.Of(up.X), uy = T.Of(up.Y), uz = T.Of(up.Z), bed = T.Of(bedMm), zero = T.Of(0);
        T areaPlaces = T.Of(1 / _areaUnit), momentPlaces = T.Of(1 / _momentUnit), lying = T.Of(LyingCosine);
        double contact = 0;
        var rows = _rows;
        fixed (double* data = _data)
        {
            for (var i = 0; i < rows; i += T.Count)
            {
                var p = data + i;
                var area = T.Load(p);
                var down = zero - (T.Load(p + Mx * rows) * ux + T.Load(p + My * rows) * uy + T.Load(p + Mz * rows) * uz);
                var height = T.Max(zero, T.Load(p + Cx * rows) * ux + T.Load(p + Cy * rows) * uy + T.Load(p + Cz * rows) * uz - bed);
                var sharp = T.Load(p + Sharp * rows);
                var scaled = area * areaPlaces;
                var columns = area * down * height * momentPlaces;
                Threshold(acc, down, sharp, scaled, columns, Root3, Half);
                Threshold(acc + 1, down, sharp, scaled, columns, Root2, Root2);
                Threshold(acc + 2, down, sharp, scaled, columns, Half, Root3);
                acc[6] = T.AddBits(acc[6], scaled * T.Max(down, zero - down) + T.Of(FixedPoint.Magic));
                for (var mask = T.LessMask(lying, down); mask != 0; mask &= mask - 1)
                    contact += Lying(i + BitOperations.TrailingZeroCount(mask), up, bedMm);
            }
        }
        var rounds = _rows / T.Count * T.Count;
        double Sum(int i, double unit) => unchecked(T.SumBits(acc[i]) - rounds * FixedPoint.MagicBits) * unit;
        return new(
            new(Hanging(Sum(0, _areaUnit)), Hanging(Sum(1, _areaUnit)), Hanging(Sum(2, _areaUnit))),
            new(Sum(3, _momentUnit), Sum(4, _momentUnit), Sum(5, _momentUnit)),
            Sum(6, _areaUnit) / 2, contact);

        double Hanging(double area) => Math.Max(0, area - contact);
    }

    /// <summary>Adds what is beyond a threshold: area, and the columns under it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Threshold<T>(T* sums, T down, T sharp, T area, T columns, double cosine, double sine)
        where T : unmanaged, IDoubles<T>
    {
        var share = (down - T.Of(cosine + SlackCosine)) * (sharp * T.Of(1 / sine)) + T.Of(0.5);
        share = T.Max(T.Of(0), T.Min(T.Of(1), share));
        sums[0] = T.AddBits(sums[0], area * share + T.Of(FixedPoint.Magic));
        sums[3] = T.AddBits(sums[3], columns * share + T.Of(FixedPoint.Magic));
    }

    /// <summary>
    /// How much of a bin that faces straight down may lie on the bed. Of heights x above it, mean and mean square are known; by Cauchy and Schwarz at
    /// least the share (mean x)² ÷ mean x² hangs.
    /// </summary>
    double Lying(int i, Point3 up, double bedMm)
    {
        if (_data[Sharp * _rows + i] < LyingSharp)
            return 0;
        double area = _data[i], square = _data[Square * _rows + i];
        var at = _data[Cx * _rows + i] * up.X + _data[Cy * _rows + i] * up.Y + _data[Cz * _rows + i] * up.Z;
        var mean = at - bedMm;
        if (mean <= LyingMm)
            return area;
        var meanSquare = square - 2 * bedMm * at + bedMm * bedMm - SquareNoise * (square + bedMm * bedMm);
        return meanSquare <= mean * mean ? 0 : area * (1 - mean * mean / meanSquare);
    }
}
