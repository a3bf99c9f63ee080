using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Splits the infill of a layer into solid and sparse: solid where a face within the shell's thickness above or below leaves it uncovered. The least of
/// the fields those faces left is the depth to which this layer is surely enclosed.
/// </summary>
static unsafe class Shells
{
    /// <param name="k">Index of the layer.</param>
    /// <param name="layerAt">Layers around it; null outside the part.</param>
    /// <param name="plan">Their grid.</param>
    /// <param name="depths">Lengths in quanta.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Split(int k, Func<int, LayerRaster?> layerAt, RasterPlan plan, Depths depths)
    {
        var layer = layerAt(k)!;
        var fields = stackalloc sbyte*[depths.TopLayers + depths.BottomLayers + 2];
        var count = 0;
        for (var j = k + 1; j < k + depths.TopLayers; j++)
            if (layerAt(j) is { } above)
                fields[count++] = above.UnderTop;
        for (var j = k - 1; j > k - depths.BottomLayers; j--)
            if (layerAt(j) is { } below)
                fields[count++] = below.OverBottom;

        var coverage = new CoverageOf(depths);
        var opening = Vector256.Create((sbyte)depths.Opening);
        var infill = Vector256.Create((sbyte)depths.Infill);
        var margin = Vector256.Create((sbyte)Math.Min(127, depths.Infill - depths.Half + depths.ShellMargin));
        var deepest = Vector256.Create((sbyte)127);
        for (var j = layer.FirstRow; j < layer.EndRow; j++)
        {
            for (var b = layer.RowBegin[j]; b < layer.RowEnd[j]; b++)
            {
                ref var flags = ref layer.Flags[j * plan.Blocks + b];
                if (flags == 0)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                var inner = Vector256.Load(layer.Inner + at);
                var cover = coverage.AtInfill(inner);
                var left = Vector256.SubtractSaturate(Vector256.SubtractSaturate(cover, Vector256.Load(layer.Bottom + at)), Vector256.Load(layer.Top + at));
                if (left == Vector256<byte>.Zero)
                    continue;
                var enclosed = inner;
                for (var f = 0; f < count; f++)
                    enclosed = Vector256.Min(enclosed, Vector256.Load(fields[f] + at));
                var open = Vector256.GreaterThan(Vector256.SubtractSaturate(inner, enclosed), opening)
                    | (Vector256.Equals(inner, deepest) & Vector256.LessThan(enclosed, infill));
                var solid = Vector256.Min(left, Vector256.SubtractSaturate(cover, coverage.At(enclosed, margin))) & open.AsByte();
                var sparse = left - solid;
                if (solid != Vector256<byte>.Zero)
                {
                    solid.Store(layer.Solid + at);
                    flags |= LayerRaster.HasSolid;
                }
                if (sparse != Vector256<byte>.Zero)
                {
                    sparse.Store(layer.Sparse + at);
                    flags |= LayerRaster.HasSparse;
                }
            }
        }
    }
}
