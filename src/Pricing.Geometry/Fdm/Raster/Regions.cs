using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Lines of a layer: solid infill over sparse becomes an internal bridge; then each region is read along its lines' direction, rows on even layers,
/// columns on odd ones, and sparse lines at the places where the slicer lays them.
/// </summary>
sealed unsafe class Regions : IDisposable
{
    readonly RasterPlan _plan;
    readonly Depths _depths;
    readonly BitRows _rows;
    readonly BitRows _columns;
    readonly byte* _bridge;
    readonly byte[] _bridgeFlags;
    readonly List<Run> _runs = [];
    List<Run> _before = [];
    readonly double _jerk, _sparsePitchMm;
    readonly bool _alternating, _bothWays, _straight;
    readonly LineSpeed _sparseSpeed, _solidSpeed, _topSpeed, _bridgeSpeed;

    readonly record struct LineSpeed(double Speed, double Acceleration);

    public Regions(RasterPlan plan, Depths depths, FdmProfile profile, in Beads beads)
    {
        _plan = plan;
        _depths = depths;
        _rows = new(plan.Rows, plan.Columns);
        _columns = new(plan.Columns, plan.Rows);
        _bridge = (byte*)System.Runtime.InteropServices.NativeMemory.AllocZeroed((nuint)(plan.Cells + 64));
        _bridgeFlags = new byte[plan.Blocks * plan.Rows];
        _jerk = profile.JerkMmS;
        var speeds = new Speeds(profile, beads);
        _sparseSpeed = new(speeds.Sparse, speeds.InfillAcceleration);
        _solidSpeed = new(speeds.Solid, speeds.InfillAcceleration);
        _topSpeed = new(speeds.Top, speeds.InfillAcceleration);
        _bridgeSpeed = new(speeds.Bridge, speeds.BridgeAcceleration);
        _straight = profile.InfillDensity is > 0 and < 1 && profile.InfillPattern is InfillPattern.Grid or InfillPattern.Rectilinear or InfillPattern.AlignedRectilinear;
        _bothWays = profile.InfillPattern == InfillPattern.Grid;
        _alternating = profile.InfillPattern == InfillPattern.Rectilinear;
        _sparsePitchMm = profile.InfillDensity > 0 ? (_bothWays ? 2 : 1) * beads.SparseSpacingMm / profile.InfillDensity : 0;
    }

    public void Read(int k, Func<int, LayerRaster?> layerAt, Chamfer first, Chamfer second, ref LayerFacts facts)
    {
        var layer = layerAt(k)!;
        if (k > 0 && _depths.BridgedLayers > 0)
            FindBridges(k, layer, layerAt, first, second);
        Sparse(k, layer, ref facts);
        facts.Solid = Solid(k, layer, layer.Solid, LayerRaster.HasSolid, _solidSpeed);
        facts.Top = Solid(k, layer, layer.Top, LayerRaster.HasTop, _topSpeed);
        facts.Bottom = Solid(k, layer, layer.Bottom, LayerRaster.HasBottom, k == 0 ? _solidSpeed : _bridgeSpeed);
        if (_anyBridge)
        {
            facts.InnerBridge = Bridges(k, layer);
            ClearBridges(layer);
        }
    }

    bool _anyBridge;

    /// <summary>Solid infill with only sparse infill in the layers below it, opened by <see cref="Depths.BridgeOpening"/>, leaves the solid region.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void FindBridges(int k, LayerRaster layer, Func<int, LayerRaster?> layerAt, Chamfer first, Chamfer second)
    {
        var plan = _plan;
        var below = stackalloc byte*[_depths.BridgedLayers];
        var count = 0;
        for (var j = k - 1; j >= Math.Max(0, k - _depths.BridgedLayers); j--)
            below[count++] = layerAt(j)!.Sparse;
        var half = Vector256.Create((byte)_depths.Half);
        _anyBridge = false;
        int firstRow = plan.Rows, endRow = 0, firstBlock = plan.Blocks, endBlock = 0;
        for (var j = layer.FirstRow; j < layer.EndRow; j++)
        {
            for (var b = layer.RowBegin[j]; b < layer.RowEnd[j]; b++)
            {
                if ((layer.Flags[j * plan.Blocks + b] & LayerRaster.HasSolid) == 0)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                var cover = Vector256.Load(layer.Solid + at);
                for (var i = 0; i < count; i++)
                    cover = Vector256.Min(cover, Vector256.Load(below[i] + at));
                if (!Vector256.GreaterThanAny(cover, half))
                    continue;
                cover.Store(_bridge + at);
                _bridgeFlags[j * plan.Blocks + b] = 1;
                _anyBridge = true;
                firstRow = Math.Min(firstRow, j);
                endRow = Math.Max(endRow, j + 1);
                firstBlock = Math.Min(firstBlock, b);
                endBlock = Math.Max(endBlock, b + 1);
            }
        }
        if (!_anyBridge)
            return;
        firstRow = Math.Max(0, firstRow - 1);
        endRow = Math.Min(plan.Rows, endRow + 1);
        firstBlock = Math.Max(0, firstBlock - 1);
        endBlock = Math.Min(plan.Blocks, endBlock + 1);
        // Distance from the rim inwards; then from what is deep enough outwards.
        for (var j = firstRow; j < endRow; j++)
            for (var b = firstBlock; b < endBlock; b++)
            {
                var at = j * plan.Columns + b * RasterPlan.Block;
                Vector256.GreaterThan(Vector256.Load(_bridge + at), half).Store(first.Distance + at);
                first.Seeded(j, b);
            }
        first.Spread();
        var opening = Vector256.Create((byte)_depths.BridgeOpening);
        for (var j = firstRow; j < endRow; j++)
            for (var b = firstBlock; b < endBlock; b++)
            {
                var at = j * plan.Columns + b * RasterPlan.Block;
                Vector256.LessThan(Vector256.Load(first.Distance + at), opening).Store(second.Distance + at);
                second.Seeded(j, b);
            }
        first.Clean();
        second.Spread();
        for (var j = firstRow; j < endRow; j++)
            for (var b = firstBlock; b < endBlock; b++)
            {
                if (_bridgeFlags[j * plan.Blocks + b] == 0)
                    continue;
                var at = j * plan.Columns + b * RasterPlan.Block;
                var cover = Vector256.Load(_bridge + at) & Vector256.LessThanOrEqual(Vector256.Load(second.Distance + at), opening);
                cover.Store(_bridge + at);
                Vector256.SubtractSaturate(Vector256.Load(layer.Solid + at), cover).Store(layer.Solid + at);
            }
        second.Clean();
    }

    void ClearBridges(LayerRaster layer)
    {
        for (var j = layer.FirstRow; j < layer.EndRow; j++)
            for (var b = layer.RowBegin[j]; b < layer.RowEnd[j]; b++)
                if (_bridgeFlags[j * _plan.Blocks + b] != 0)
                {
                    _bridgeFlags[j * _plan.Blocks + b] = 0;
                    Vector256<byte>.Zero.Store(_bridge + j * _plan.Columns + b * RasterPlan.Block);
                }
        _anyBridge = false;
    }

    double CellArea(long sum) => sum / (double)_plan.Levels * _plan.CellMm * _plan.CellMm;

    RegionFacts Solid(int k, LayerRaster layer, byte* plane, byte flag, LineSpeed speed)
    {
        var sum = _rows.Take(plane, layer, _plan, flag, _depths.Half);
        return ReadRows(k, plane, sum, speed);
    }

    RegionFacts Bridges(int k, LayerRaster layer)
    {
        // Bridges carry no flag of their own: where there is none the plane holds zeros.
        var sum = _rows.Take(_bridge, layer, _plan, LayerRaster.Present, _depths.Half);
        return ReadRows(k, _bridge, sum, _bridgeSpeed);
    }

    RegionFacts ReadRows(int k, byte* plane, long sum, LineSpeed speed)
    {
        var facts = new RegionFacts { AreaMm2 = CellArea(sum) };
        if (sum == 0)
            return facts;
        var columns = (k & 1) != 0;
        var bits = _rows;
        if (columns)
        {
            _columns.TakeTransposed(_rows);
            bits = _columns;
        }
        _before.Clear();
        for (var j = bits.FirstRow; j < bits.EndRow; j++)
        {
            bits.Runs(j, gaps: false, _runs);
            var from = 0;
            foreach (var run in _runs)
            {
                var length = RunMm(plane, columns, j, run);
                facts.Runs++;
                facts.RunMm += length;
                facts.RunS += Motion.LineS(length, speed.Speed, _jerk, speed.Acceleration);
                while (from < _before.Count && _before[from].End <= run.Begin)
                    from++;
                var neighbours = 0;
                for (var p = from; p < _before.Count && _before[p].Begin < run.End; p++)
                    neighbours++;
                if (neighbours != 1)
                    facts.Patches++;
            }
            _before.Clear();
            _before.AddRange(_runs);
        }
        return facts;
    }

    /// <summary>Length of a run: its cells, less what its ends lack, plus what the cells beyond hold.</summary>
    double RunMm(byte* plane, bool columns, int row, Run run)
    {
        var stride = columns ? _plan.Columns : 1;
        var line = columns ? plane + row : plane + (long)row * _plan.Columns;
        var limit = columns ? _plan.Rows : _plan.Columns;
        var cells = run.End - run.Begin;
        var levels = _depths.Levels;
        var sum = cells * levels;
        for (var i = 0; i < Math.Min(2, cells); i++)
            sum -= levels - line[(long)(run.Begin + i) * stride];
        for (var i = 0; i < Math.Min(2, cells - 2); i++)
            sum -= levels - line[(long)(run.End - 1 - i) * stride];
        if (run.Begin > 0)
            sum += line[(long)(run.Begin - 1) * stride];
        if (run.End < limit)
            sum += line[(long)run.End * stride];
        return sum * _plan.CellMm / levels;
    }

    void Sparse(int k, LayerRaster layer, ref LayerFacts facts)
    {
        var sum = _rows.Take(layer.Sparse, layer, _plan, LayerRaster.HasSparse, _depths.Half);
        facts.Sparse.AreaMm2 = CellArea(sum);
        if (sum == 0)
            return;
        facts.SparseRegions = _rows.Pieces(gaps: false, _runs);
        facts.SparseRuns = _rows.RunsBothWays();
        if (!_straight)
            return;
        if (_bothWays || !_alternating || (k & 1) == 0)
            for (var j = _rows.FirstRow; j < _rows.EndRow; j++)
                if (HoldsLine(_plan.OriginY, j))
                {
                    _rows.Runs(j, gaps: false, _runs);
                    AddLines(layer.Sparse, columns: false, j, ref facts);
                }
        if (_bothWays || _alternating && (k & 1) != 0)
            for (var i = 0; i < _plan.Columns; i++)
                if (HoldsLine(_plan.OriginX, i))
                {
                    ColumnRuns(i);
                    AddLines(layer.Sparse, columns: true, i, ref facts);
                }
    }

    /// <summary>Lines lie at multiples of the pitch from the middle of the part.</summary>
    bool HoldsLine(double origin, int cell)
    {
        var position = (origin + (cell + 0.5) * _plan.CellMm) / _sparsePitchMm;
        var off = (position - Math.Floor(position + 0.5)) * _sparsePitchMm;
        return off >= -0.5 * _plan.CellMm && off < 0.5 * _plan.CellMm;
    }

    void ColumnRuns(int column)
    {
        _runs.Clear();
        var begin = -1;
        for (var j = _rows.FirstRow; j < _rows.EndRow; j++)
        {
            var inside = _rows.At(j, column);
            if (inside == begin >= 0)
                continue;
            if (inside)
                begin = j;
            else
            {
                _runs.Add(new(begin, j));
                begin = -1;
            }
        }
        if (begin >= 0)
            _runs.Add(new(begin, _rows.EndRow));
    }

    void AddLines(byte* plane, bool columns, int row, ref LayerFacts facts)
    {
        foreach (var run in _runs)
        {
            var length = RunMm(plane, columns, row, run);
            facts.Lines++;
            facts.LineMm += length;
            facts.LineS += Motion.LineS(length, _sparseSpeed.Speed, _jerk, _sparseSpeed.Acceleration);
        }
    }

    public void Dispose() => System.Runtime.InteropServices.NativeMemory.Free(_bridge);
}
