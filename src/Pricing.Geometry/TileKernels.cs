using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Orientation;

namespace Pricing.Geometry;

/// <summary>All sums of one worker. Integers throughout: adding two of these together gives what one worker would have had.</summary>
sealed class TileSums
{
    public readonly MassSums Mass = new();
    public readonly LayerRows Rows = new();
    public readonly NormalHistogram Normals = new();
    public EdgeChain Chain;

    public void Add(TileSums other)
    {
        Mass.Add(other.Mass);
        Rows.Add(other.Rows);
        Normals.Add(other.Normals);
        Chain.Add(other.Chain);
    }
}

/// <summary>The kernels bound to one vector width. One virtual call per tile of 512 triangles.</summary>
abstract class TileKernels
{
    public static TileKernels For(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => new Bound<Doubles512, Words512, Floats512>(),
        InstructionSet.Avx2 => new Bound<Doubles256, Words256, Floats256>(),
        _ => new Bound<Doubles1, Words1, Floats1>(),
    };

    /// <summary>Runs every kernel over a tile while it is in the first-level cache.</summary>
    public abstract void Add(TriangleTile tile, in LayerGrid grid, in LayerSlopes slopes, TileSums sums);

    sealed class Bound<TDoubles, TWords, TFloats> : TileKernels
        where TDoubles : unmanaged, IDoubles<TDoubles>
        where TWords : unmanaged, IWords<TWords>
        where TFloats : unmanaged, IFloats<TFloats>
    {
        public override void Add(TriangleTile tile, in LayerGrid grid, in LayerSlopes slopes, TileSums sums)
        {
            var box = TileBox.Of(tile);
            MassProperties.Add<TDoubles>(tile, box, sums.Mass);
            EdgeFingerprint.Add<TWords>(tile, ref sums.Chain);
            NormalHistogram.Add<TFloats>(tile, box, sums.Normals);
            LayerProfile.Add<TDoubles>(tile, box, grid, slopes, sums.Rows);
        }
    }
}
