using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Fills a layer's <see cref="LayerRaster.Inner"/>: the distances, but where a core is nowhere deep enough for infill its cells are put just below the
/// infill depth, for there the walls widen instead.
/// </summary>
static unsafe class Cores
{
    /// <param name="layer">The layer, distances written.</param>
    /// <param name="plan">Its grid.</param>
    /// <param name="depths">Lengths in quanta.</param>
    /// <param name="thin">Counts the distances of the cells that lost their core.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Thin(LayerRaster layer, RasterPlan plan, Depths depths, int[] thin)
    {
        Array.Clear(thin);
        var low = Vector256.Create((sbyte)(depths.Infill - depths.Half));
        var high = Vector256.Create((sbyte)Math.Min(127, depths.ThinCore));
        var lost = Vector256.Create((sbyte)(depths.Infill - depths.Half - 1));
        var reach = depths.CoreReachCells;
        for (var j = layer.FirstRow; j < layer.EndRow; j++)
        {
            for (var b = layer.RowBegin[j]; b < layer.RowEnd[j]; b++)
            {
                if (layer.Flags[j * plan.Blocks + b] == 0)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                var d = Vector256.Load(layer.Sd + at);
                var candidates = Vector256.GreaterThanOrEqual(d, low) & Vector256.LessThan(d, high);
                if (candidates != Vector256<sbyte>.Zero)
                {
                    // Deepest cell of the neighbourhood: columns first, then rows.
                    var deepest = Vector256.Create((sbyte)-127);
                    for (var i = -reach; i <= reach; i++)
                        for (int row = Math.Max(0, j - reach), last = Math.Min(plan.Rows - 1, j + reach); row <= last; row++)
                            deepest = Vector256.Max(deepest, Vector256.Load(layer.Sd + row * plan.Columns + b * RasterPlan.Block + i));
                    candidates &= Vector256.LessThan(deepest, high);
                    for (var bits = candidates.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
                        thin[layer.Sd[at + BitOperations.TrailingZeroCount(bits)] + 128]++;
                    d = Vector256.ConditionalSelect(candidates, lost, d);
                }
                d.Store(layer.Inner + at);
            }
        }
    }

    /// <summary>The same, a cell at a time: what the vectors are tested against.</summary>
    internal static sbyte ThinCell(LayerRaster layer, RasterPlan plan, Depths depths, int row, int column)
    {
        var d = layer.Sd[row * plan.Columns + column];
        if (d < depths.Infill - depths.Half || d >= Math.Min(127, depths.ThinCore))
            return d;
        for (var j = row - depths.CoreReachCells; j <= row + depths.CoreReachCells; j++)
            for (var i = column - depths.CoreReachCells; i <= column + depths.CoreReachCells; i++)
                if (j >= 0 && j < plan.Rows && layer.Sd[j * plan.Columns + i] >= Math.Min(127, depths.ThinCore))
                    return d;
        return (sbyte)(depths.Infill - depths.Half - 1);
    }
}
