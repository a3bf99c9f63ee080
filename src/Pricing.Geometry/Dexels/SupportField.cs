using Pricing.Geometry.Lanes;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>Supports by columns along z.</summary>
public static class SupportField
{
    /// <summary>Faces this close to the lowest point lie on the bed.</summary>
    public const double BedMm = 0.05;

    /// <summary>Rounding of normals and coordinates must not make a chamfer at exactly the angle need support.</summary>
    const double CosineMargin = 2e-4;

    /// <summary>Weights of slanted cells are counted in this fraction.</summary>
    const double WeightSteps = 1 << 20;

    /// <summary>Angles between face and horizontal, and their cosines.</summary>
    static readonly int[] Angles = [30, 45, 60];
    static readonly double[] Cosines = [0.8660254037844386, 0.7071067811865476, 0.5];

    /// <summary>Place of the usual 45° rule in <see cref="Angles"/>.</summary>
    const int Usual = 1;

    /// <summary>
    /// What the 45° rule asks of a part in a frame: one field and no more, for comparing a few orientations. Null when the part has no
    /// extent along an axis or too many crossings at any pitch.
    /// </summary>
    internal static SupportFacts? Measure(SolidMesh mesh, Frame frame, double pitchMm, int threads) =>
        Measure(mesh, frame, pitchMm, threads, InstructionSets.Current);

    internal static SupportFacts? Measure(SolidMesh mesh, Frame frame, double pitchMm, int threads, InstructionSet set)
    {
        new DexelOptions { PitchMm = pitchMm }.Check();
        if (mesh.Triangles == 0)
            return null;
        var grid = DexelGrid.Of(mesh, frame, pitchMm, threads);
        for (var i = 0; i <= Limits.Dexel.CoarseningsMax && !grid.IsFlat; i++, grid = grid.Coarser())
            if (DexelField.Build(mesh, grid, 2, set, threads) is { } field)
                return Of(field, threads)[Usual];
        return null;
    }

    /// <summary>For each of the angles.</summary>
    internal static SupportFacts[] Of(DexelField field, int threads)
    {
        var sums = new Sums();
        Bands.Run(threads, field.Height, (from, to) =>
        {
            var own = new Sums();
            for (var column = from * field.Width; column < to * field.Width; column++)
                Add(field.Column(column), (int)(BedMm * field.Grid.QuantaPerMm), own);
            lock (sums)
                sums.Add(own);
        });
        var facts = new SupportFacts[Angles.Length];
        var volume = field.CellMm2 / field.Grid.QuantaPerMm;
        for (var k = 0; k < Angles.Length; k++)
            facts[k] = new(Angles[k], sums.Height[k] * volume, sums.Contact[k] * (field.CellMm2 / WeightSteps), sums.BedHeight[k] * volume,
                sums.BedContact[k] * (field.CellMm2 / WeightSteps), sums.OnPart[k] * field.CellMm2, sums.Bed * field.CellMm2, field.Grid.ExtentsMm[2]);
        return facts;
    }

    static void Add(ReadOnlySpan<ulong> column, int bed, Sums sums)
    {
        var below = 0;
        for (var i = 0; i < column.Length; i += 2)
        {
            var height = Crossing.Height(column[i]);
            if (i == 0 && height <= bed)
                sums.Bed++;
            else
            {
                var steepness = Math.Abs(Crossing.Normal(column[i]).Z);
                for (var k = Angles.Length - 1; k >= 0 && steepness > Cosines[k] + CosineMargin; k--)
                {
                    var weight = (long)Math.Round(WeightSteps / steepness);
                    sums.Height[k] += height - below;
                    sums.Contact[k] += weight;
                    if (i == 0)
                    {
                        sums.BedHeight[k] += height;
                        sums.BedContact[k] += weight;
                    }
                    else
                        sums.OnPart[k]++;
                }
            }
            below = Crossing.Height(column[i + 1]);
        }
    }

    sealed class Sums
    {
        public long[] Height { get; } = new long[Angles.Length];
        public long[] Contact { get; } = new long[Angles.Length];
        public long[] BedHeight { get; } = new long[Angles.Length];
        public long[] BedContact { get; } = new long[Angles.Length];
        public long[] OnPart { get; } = new long[Angles.Length];
        public long Bed { get; set; }

        public void Add(Sums other)
        {
            for (var k = 0; k < Angles.Length; k++)
            {
                Height[k] += other.Height[k];
                Contact[k] += other.Contact[k];
                BedHeight[k] += other.BedHeight[k];
                BedContact[k] += other.BedContact[k];
                OnPart[k] += other.OnPart[k];
            }
            Bed += other.Bed;
        }
    }
}
