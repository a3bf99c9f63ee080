using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Support columns, from the top layer downwards: overhanging cells, grown by the slicer's margin, fall until they come too near the part. Cells are
/// bits, 32 to a word.
/// </summary>
sealed unsafe class Supports : IDisposable
{
    /// <summary>The slicer grows what it supports by this, sideways.</summary>
    const double MarginMm = 1.5;

    /// <summary>The threshold angle counts to its next degree.</summary>
    const double ThresholdExtraDegrees = 1;

    /// <summary>First support layer: printed this much wider.</summary>
    const double FirstLayerGrowthMm = 2;

    /// <summary>Columns newly begun or landed below this area do not make the slicer begin a support layer.</summary>
    const double EventMm2 = 0.5;

    readonly RasterPlan _plan;
    readonly Chamfer _chamfer;
    readonly Bridging _bridging;
    readonly int _threshold, _margin, _clearance, _gap, _interfaces, _gridCells, _growth;
    readonly uint[] _columns;
    readonly uint[] _allowed;
    readonly uint[] _grid;
    readonly uint[] _tops;
    readonly uint[] _walls;
    readonly uint[] _hanging;
    readonly uint[][] _begun;
    readonly int _words;
    readonly BitRows _pieces;
    readonly List<Run> _runs = [];

    public Supports(RasterPlan plan, Depths depths, FdmProfile profile)
    {
        _plan = plan;
        _chamfer = new(plan, depths);
        _pieces = new(plan.Rows, plan.Columns);
        _bridging = new(plan.Rows, plan.Blocks);
        var angle = Math.Min(89, profile.SupportThresholdDegrees + ThresholdExtraDegrees) * (Math.PI / 180);
        _threshold = (int)Math.Min(127, profile.LayerHeightMm * Motion.Cos(angle) / Motion.Sin(angle) * plan.QuantaPerMm);
        _margin = (int)Math.Min(254, Math.Round(MarginMm * 0.5 * plan.QuantaPerMm));
        _growth = (int)Math.Min(254, Math.Round(FirstLayerGrowthMm * 0.5 * plan.QuantaPerMm));
        _clearance = (int)Math.Round(-profile.SupportClearanceMm * plan.QuantaPerMm);
        _gap = Math.Max(1, (int)Math.Round(profile.SupportContactDistanceMm / profile.LayerHeightMm));
        _interfaces = Math.Min(Math.Max(0, profile.SupportInterfaceLayers), Limits.Fdm.RasterLayersHeldMax);
        var width = profile.SupportWidthMm > 0 ? profile.SupportWidthMm : profile.NozzleDiameterMm;
        _gridCells = Math.Clamp((int)Math.Round((profile.SupportSpacingMm + width) / plan.CellMm), 1, 32);
        _words = plan.Rows * plan.Blocks;
        _columns = new uint[_words];
        _allowed = new uint[_words];
        _grid = new uint[_words];
        _tops = new uint[_words];
        _walls = new uint[_words];
        _hanging = new uint[_words];
        _begun = new uint[Math.Max(1, _interfaces)][];
        for (var i = 0; i < _begun.Length; i++)
            _begun[i] = new uint[_words];
    }

    /// <summary>Layers between a support's top and the layer it carries.</summary>
    public static int GapOf(FdmProfile profile) => Math.Max(1, (int)Math.Round(profile.SupportContactDistanceMm / profile.LayerHeightMm));

    /// <summary>Takes the columns down to a layer. Called for every layer, from the top.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Drop(int j, Func<int, LayerRaster?> layerAt, ref LayerFacts facts)
    {
        var plan = _plan;
        var layer = layerAt(j)!;
        // What begins here carries the layer above the gap.
        var begun = _begun[j % _begun.Length];
        var beginning = Overhang(layerAt(j + 1 + _gap), layerAt(j + _gap), begun);
        long landed = 0, columns = 0;
        var clearance = Vector256.Create((sbyte)_clearance);
        for (var w = 0; w < _words; w++)
        {
            var falling = _columns[w] | begun[w];
            // Outside every block of the layer is air.
            var near = layer.Flags[w] == 0 ? 0 : Vector256.GreaterThan(Vector256.Load(layer.Sd + (long)w * RasterPlan.Block), clearance).ExtractMostSignificantBits();
            _allowed[w] = ~near;
            landed += BitOperations.PopCount(_columns[w] & near);
            _columns[w] = falling & ~near;
            columns += BitOperations.PopCount(_columns[w]);
        }
        var cell2 = plan.CellMm * plan.CellMm;
        facts.SupportBegins = beginning * cell2 > EventMm2;
        facts.SupportLands = landed * cell2 > EventMm2;
        if (columns == 0)
            return;
        for (var w = 0; w < _words; w++)
        {
            uint top = 0;
            for (var i = 0; i < _interfaces; i++)
                top |= _begun[i][w];
            _tops[w] = top & _columns[w];
        }
        var gridCells = Snap();
        fixed (uint* grid = _grid)
            _pieces.Take(grid, 0, plan.Rows);
        facts.SupportPieces = _pieces.Pieces(gaps: false, _runs);
        long interfaceCells = 0;
        foreach (var word in _tops)
            interfaceCells += BitOperations.PopCount(word);
        facts.InterfaceMm2 = interfaceCells * cell2;
        facts.SupportMm2 = Math.Max(0, gridCells - interfaceCells) * cell2;
        facts.SupportOutlineMm = Edges(_columns) * plan.CellMm * (Math.PI / 4);
        facts.InterfaceOutlineMm = Edges(_tops) * plan.CellMm * (Math.PI / 4);
        if (j == 0)
            facts.SupportFootMm2 = Foot() * cell2;
    }

    /// <summary>Cells of a layer that stand further out than the threshold angle allows and do not bridge, grown by the margin; answers how many.</summary>
    long Overhang(LayerRaster? layer, LayerRaster? below, uint[] bits)
    {
        Array.Clear(bits);
        if (layer == null || below == null)
            return 0;
        var plan = _plan;
        var threshold = Vector256.Create((sbyte)_threshold);
        var infill = Vector256.Create((sbyte)plan.InfillQuanta);
        var any = false;
        for (var row = layer.FirstRow; row < layer.EndRow; row++)
        {
            Array.Clear(_bridging.Hanging, row * plan.Blocks, plan.Blocks);
            Array.Clear(_bridging.Carried, row * plan.Blocks, plan.Blocks);
            for (var b = layer.RowBegin[row]; b < layer.RowEnd[row]; b++)
            {
                var w = row * plan.Blocks + b;
                if (layer.Flags[w] == 0)
                    continue;
                var at = row * plan.Columns + b * RasterPlan.Block;
                var d = Vector256.Load(layer.Sd + at);
                var under = Vector256.Load(below.Sd + at);
                var part = Vector256.GreaterThan(d, Vector256<sbyte>.Zero);
                var hangs = part & Vector256.LessThan(under, Vector256<sbyte>.Zero) & Vector256.GreaterThan(Vector256.SubtractSaturate(d, under), threshold);
                _bridging.Hanging[w] = hangs.ExtractMostSignificantBits();
                _bridging.Carried[w] = (part & ~hangs).ExtractMostSignificantBits();
                // Only infill bridges; the walls around it stay in need of support.
                _walls[w] = Vector256.LessThan(d, infill).ExtractMostSignificantBits();
                any |= hangs != Vector256<sbyte>.Zero;
            }
        }
        if (!any)
            return 0;
        for (var w = layer.FirstRow * plan.Blocks; w < layer.EndRow * plan.Blocks; w++)
            _hanging[w] = _bridging.Hanging[w] & _walls[w];
        _bridging.RemoveBridged(layer.FirstRow, layer.EndRow);
        for (var row = layer.FirstRow; row < layer.EndRow; row++)
            for (var b = layer.RowBegin[row]; b < layer.RowEnd[row]; b++)
            {
                var hanging = _bridging.Hanging[row * plan.Blocks + b] | _hanging[row * plan.Blocks + b];
                if (hanging == 0)
                    continue;
                var at = row * plan.Columns + b * RasterPlan.Block;
                for (; hanging != 0; hanging &= hanging - 1)
                    _chamfer.Distance[at + BitOperations.TrailingZeroCount(hanging)] = 0;
                _chamfer.Seeded(row, b);
            }
        if (_chamfer.Empty)
            return 0;
        _chamfer.Spread();
        var cells = TakeNear(_margin, bits);
        _chamfer.Clean();
        return cells;
    }

    long TakeNear(int distance, uint[] bits)
    {
        long cells = 0;
        var limit = Vector256.Create((byte)distance);
        for (var row = _chamfer.FirstRow; row < _chamfer.EndRow; row++)
            for (var b = _chamfer.FirstBlock; b < _chamfer.EndBlock; b++)
            {
                var near = Vector256.LessThanOrEqual(Vector256.Load(_chamfer.Distance + row * _plan.Columns + b * RasterPlan.Block), limit).ExtractMostSignificantBits();
                bits[row * _plan.Blocks + b] = near;
                cells += BitOperations.PopCount(near);
            }
        return cells;
    }

    /// <summary>Changes between neighbouring cells, along rows and columns.</summary>
    int Edges(uint[] cells)
    {
        var edges = 0;
        for (var row = 0; row < _plan.Rows; row++)
        {
            uint carry = 0;
            for (var b = 0; b < _plan.Blocks; b++)
            {
                var w = row * _plan.Blocks + b;
                var here = cells[w];
                edges += BitOperations.PopCount(here ^ (here << 1 | carry)) + BitOperations.PopCount(here ^ (row > 0 ? cells[w - _plan.Blocks] : 0));
                carry = here >> 31;
            }
        }
        return edges;
    }

    /// <summary>Columns widened to the slicer's grid of line spacings, where support may stand; answers the cells covered.</summary>
    long Snap()
    {
        var plan = _plan;
        long cells = 0;
        Array.Clear(_grid);
        for (var band = 0; band < plan.Rows; band += _gridCells)
        {
            var last = Math.Min(plan.Rows, band + _gridCells);
            for (var left = 0; left < plan.Columns; left += _gridCells)
            {
                var right = Math.Min(plan.Columns, left + _gridCells);
                var any = false;
                for (var row = band; row < last && !any; row++)
                    any = Bits(_columns, row, left, right) != 0;
                if (!any)
                    continue;
                for (var row = band; row < last; row++)
                {
                    var bits = Bits(_allowed, row, left, right);
                    cells += BitOperations.PopCount(bits);
                    var w = row * plan.Blocks + (left >> 5);
                    _grid[w] |= (uint)(bits << (left & 31));
                    if ((left & 31) + right - left > 32)
                        _grid[w + 1] |= (uint)(bits << (left & 31) >> 32);
                }
            }
        }
        return cells;
    }

    /// <summary>Up to 32 bits of a row.</summary>
    ulong Bits(uint[] rows, int row, int from, int to)
    {
        var w = row * _plan.Blocks + (from >> 5);
        ulong word = rows[w];
        if ((from & 31) + to - from > 32)
            word |= (ulong)rows[w + 1] << 32;
        return word >> (from & 31) & ((1ul << (to - from)) - 1);
    }

    /// <summary>Cells of the first support layer, which spreads on the bed.</summary>
    long Foot()
    {
        var plan = _plan;
        for (var row = 0; row < plan.Rows; row++)
            for (var b = 0; b < plan.Blocks; b++)
            {
                var bits = _grid[row * plan.Blocks + b];
                if (bits == 0)
                    continue;
                var at = row * plan.Columns + b * RasterPlan.Block;
                for (; bits != 0; bits &= bits - 1)
                    _chamfer.Distance[at + BitOperations.TrailingZeroCount(bits)] = 0;
                _chamfer.Seeded(row, b);
            }
        if (_chamfer.Empty)
            return 0;
        _chamfer.Spread();
        TakeNear(_growth, _grid);
        _chamfer.Clean();
        long cells = 0;
        for (var w = 0; w < _words; w++)
            cells += BitOperations.PopCount(_grid[w] & _allowed[w]);
        return cells;
    }

    public void Dispose() => _chamfer.Dispose();
}
