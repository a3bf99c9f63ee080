using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Top and bottom faces of a layer, from its distances and those of the layers above and below: seeds where the neighbour recedes, grown under the
/// infill beside them; and the distance fields of what those faces leave free in the layers they shield.
/// </summary>
static unsafe class Skins
{
    /// <param name="layer">The layer, distances and cores written.</param>
    /// <param name="above">Null: nothing lies above.</param>
    /// <param name="below">Null: the bed lies below.</param>
    /// <param name="plan">Their grid.</param>
    /// <param name="depths">Lengths in quanta.</param>
    /// <param name="tops">Scratch.</param>
    /// <param name="bottoms">Scratch.</param>
    /// <param name="outerHanging">Counts distances of cells whose outer wall hangs in the air.</param>
    /// <param name="innerHanging">The same for inner walls.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Find(LayerRaster layer, LayerRaster? above, LayerRaster? below, RasterPlan plan, Depths depths, Chamfer tops, Chamfer bottoms,
        int[] outerHanging, int[] innerHanging)
    {
        Array.Clear(outerHanging);
        Array.Clear(innerHanging);
        var outside = Vector256.Create((sbyte)-127);
        var infill = Vector256.Create((sbyte)depths.Infill);
        var vertical = Vector256.Create((sbyte)depths.Vertical);
        var seedDepth = Vector256.Create((sbyte)-depths.SeedDepth);
        var shield = Vector256.Create((sbyte)(depths.Infill - depths.Opening));
        var outerOverhang = Vector256.Create((sbyte)depths.OuterOverhang);
        var wantTop = above != null && depths.TopLayers > 0;
        var wantBottom = below != null && depths.BottomLayers > 0;
        for (var j = layer.FirstRow; j < layer.EndRow; j++)
        {
            for (var b = layer.RowBegin[j]; b < layer.RowEnd[j]; b++)
            {
                if (layer.Flags[j * plan.Blocks + b] == 0)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                var d = Vector256.Load(layer.Sd + at);
                var inner = Vector256.Load(layer.Inner + at);
                var core = Vector256.SubtractSaturate(inner, infill);
                var underTop = inner;
                var overBottom = inner;
                if (wantTop)
                {
                    var other = Vector256.Load(above!.Sd + at);
                    underTop = Face(d, inner, core, other, vertical, seedDepth, shield, tops, j, b, at);
                }
                else if (above == null && depths.TopLayers > 0)
                    underTop = outside;
                if (below != null)
                {
                    var other = Vector256.Load(below.Sd + at);
                    if (wantBottom)
                        overBottom = Face(d, inner, core, other, vertical, seedDepth, shield, bottoms, j, b, at);
                    var hanging = Vector256.GreaterThan(Vector256.SubtractSaturate(d, other), outerOverhang) & Vector256.GreaterThan(d, outside);
                    for (var bits = hanging.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
                    {
                        var i = at + BitOperations.TrailingZeroCount(bits);
                        outerHanging[layer.Sd[i] + 128]++;
                        if (layer.Sd[i] - below.Sd[i] > depths.InnerOverhang)
                            innerHanging[layer.Sd[i] + 128]++;
                    }
                }
                else if (depths.BottomLayers > 0)
                    overBottom = outside;
                underTop.Store(layer.UnderTop + at);
                overBottom.Store(layer.OverBottom + at);
            }
        }
        if (below == null)
        {
            if (depths.BottomLayers > 0)
                Whole(layer, plan, depths, LayerRaster.HasBottom);
        }
        else if (!bottoms.Empty)
        {
            bottoms.Spread();
            Grow(layer, plan, depths, bottoms, LayerRaster.HasBottom);
            bottoms.Clean();
        }
        if (above == null)
        {
            if (depths.TopLayers > 0)
                Whole(layer, plan, depths, LayerRaster.HasTop);
        }
        else if (!tops.Empty)
        {
            tops.Spread();
            Grow(layer, plan, depths, tops, LayerRaster.HasTop);
            tops.Clean();
        }
    }

    /// <summary>Seeds of one block, and its shield against the neighbour's receding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<sbyte> Face(Vector256<sbyte> d, Vector256<sbyte> inner, Vector256<sbyte> core, Vector256<sbyte> other, Vector256<sbyte> vertical,
        Vector256<sbyte> seedDepth, Vector256<sbyte> shield, Chamfer seeds, int row, int block, int at)
    {
        var recedes = Vector256.GreaterThan(Vector256.SubtractSaturate(d, other), vertical);
        if (recedes == Vector256<sbyte>.Zero)
            return inner;
        // Depth of the open face: below the infill depth of this layer, outside the neighbour.
        var depth = Vector256.Min(core, -other);
        var seeded = Vector256.GreaterThan(depth, seedDepth) & Vector256.GreaterThan(Vector256.SubtractSaturate(core, other), vertical);
        if (seeded != Vector256<sbyte>.Zero)
        {
            var distance = Vector256.ShiftRightLogical(Vector256.Max(Vector256<sbyte>.Zero, -depth).AsByte(), 1);
            Vector256.ConditionalSelect(seeded.AsByte(), distance, Vector256<byte>.AllBitsSet).Store(seeds.Distance + at);
            seeds.Seeded(row, block);
        }
        var covered = Vector256.Max(Vector256.SubtractSaturate(shield, Vector256.Min(d, -other)), Vector256.Create((sbyte)-127));
        return Vector256.Min(inner, Vector256.ConditionalSelect(recedes, covered, inner));
    }

    /// <summary>The whole infill area is skin.</summary>
    static void Whole(LayerRaster layer, RasterPlan plan, Depths depths, byte flag)
    {
        var coverage = new CoverageOf(depths);
        for (var j = layer.FirstRow; j < layer.EndRow; j++)
        {
            for (var b = layer.RowBegin[j]; b < layer.RowEnd[j]; b++)
            {
                if (layer.Flags[j * plan.Blocks + b] == 0)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                Put(layer, plan, j, b, at, coverage.AtInfill(Vector256.Load(layer.Inner + at)), flag);
            }
        }
    }

    /// <summary>Seeds grown by the skin growth, cut at the infill area; and the shield by what they grew over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Grow(LayerRaster layer, RasterPlan plan, Depths depths, Chamfer seeds, byte flag)
    {
        var coverage = new CoverageOf(depths);
        var shielded = flag == LayerRaster.HasTop ? layer.UnderTop : layer.OverBottom;
        // Shield = infill depth + distance − growth − opening; distance counts half quanta, so halve the rest and double the sum.
        var offset = (depths.Growth * 2 + depths.Opening - depths.Infill) / 2;
        var least = Vector256.Create((byte)Math.Max(0, offset - 63));
        var most = Vector256.Create((byte)Math.Min(255, offset + 63));
        var middle = Vector256.Create((byte)offset);
        var reach = Vector256.Create((byte)(depths.Growth + depths.Half / 2));
        var level = Vector256.Create((byte)depths.Levels);
        for (var j = Math.Max(seeds.FirstRow, layer.FirstRow); j < Math.Min(seeds.EndRow, layer.EndRow); j++)
        {
            for (var b = Math.Max(seeds.FirstBlock, layer.RowBegin[j]); b < Math.Min(seeds.EndBlock, layer.RowEnd[j]); b++)
            {
                if (layer.Flags[j * plan.Blocks + b] == 0)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                var distance = Vector256.Load(seeds.Distance + at);
                if (distance == Vector256<byte>.AllBitsSet)
                    continue;
                var shield = (Vector256.Min(Vector256.Max(distance, least), most) - middle).AsSByte();
                shield += shield;
                Vector256.Min(Vector256.Load(shielded + at), shield).Store(shielded + at);
                var near = Vector256.SubtractSaturate(reach, distance);
                near = Vector256.Min(Vector256.AddSaturate(near, near), level);
                var cover = Vector256.Min(coverage.AtInfill(Vector256.Load(layer.Inner + at)), near);
                Put(layer, plan, j, b, at, cover, flag);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(LayerRaster layer, RasterPlan plan, int row, int block, int at, Vector256<byte> cover, byte flag)
    {
        // What is a bottom face cannot be a top face as well.
        if (flag == LayerRaster.HasTop)
            cover = Vector256.SubtractSaturate(cover, Vector256.Load(layer.Bottom + at));
        if (cover == Vector256<byte>.Zero)
            return;
        cover.Store((flag == LayerRaster.HasTop ? layer.Top : layer.Bottom) + at);
        layer.Flags[row * plan.Blocks + block] |= flag;
    }
}

/// <summary>Share of a cell that lies deeper than a depth, from the distance of its centre: 0…Levels.</summary>
readonly struct CoverageOf(Depths depths)
{
    readonly Vector256<sbyte> _below = Vector256.Create((sbyte)(depths.Infill - depths.Half));
    readonly Vector256<sbyte> _level = Vector256.Create((sbyte)depths.Levels);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<byte> AtInfill(Vector256<sbyte> distance) =>
        Vector256.Min(Vector256.Max(Vector256.SubtractSaturate(distance, _below), Vector256<sbyte>.Zero), _level).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<byte> At(Vector256<sbyte> distance, Vector256<sbyte> depth) =>
        Vector256.Min(Vector256.Max(Vector256.SubtractSaturate(distance, depth), Vector256<sbyte>.Zero), _level).AsByte();
}
