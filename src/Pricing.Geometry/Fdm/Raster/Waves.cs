namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Drives layers through the four stages from the top downwards, a wave of a few layers at a time, in a ring of layers. A stage takes a layer when the layers
/// it looks at have passed the stage before; support columns fall through the layers just cut, one after the other.
/// </summary>
sealed unsafe class Waves : IDisposable
{
    readonly float* _triangles;
    readonly int _count;
    readonly float[] _planes;
    readonly RasterPlan _plan;
    readonly Depths _depths;
    readonly Sections _sections;
    readonly LayerRaster[] _ring;
    readonly LayerScratch[] _scratch;
    readonly LayerFacts[] _facts;
    readonly Supports? _supports;
    readonly int _wave;
    readonly Func<int, LayerRaster?> _layerAt;

    // Triangles by the highest plane they reach; those being cut; and, per layer of the wave, who crosses it.
    int[] _lowest = [];
    int[] _highest = [];
    int[] _starts = [];
    int[] _order = [];
    int[] _active = [];
    int _activeCount;
    int[] _crossStart = [];
    int[] _crossing = [];

    public Waves(float* triangles, int count, float[] planes, float minZ, RasterPlan plan, Depths depths, FdmProfile profile, in Beads first, in Beads rest, int threads)
    {
        _triangles = triangles;
        (_count, _planes, _plan, _depths) = (count, planes, plan, depths);
        _sections = new(planes, minZ, plan);
        _wave = Math.Min(threads == 1 ? 4 : 2 * threads, Limits.Fdm.RasterLayersHeldMax - HeldFor(depths, profile, 0));
        _ring = new LayerRaster[Math.Min(HeldFor(depths, profile, _wave), planes.Length + 1)];
        for (var i = 0; i < _ring.Length; i++)
            _ring[i] = new(plan);
        _scratch = new LayerScratch[Math.Min(threads, planes.Length)];
        for (var i = 0; i < _scratch.Length; i++)
            _scratch[i] = new(plan, depths, _sections, profile, first, rest);
        _facts = new LayerFacts[planes.Length];
        _supports = profile.Supports ? new(plan, depths, profile) : null;
        _layerAt = LayerAt;
    }

    /// <summary>Layers that must be held for a wave of a size.</summary>
    public static int HeldFor(Depths depths, FdmProfile profile, int wave) =>
        (int)Math.Min(1000L, (long)wave + Math.Max(1, depths.TopLayers) + Math.Max(1, depths.BottomLayers) + depths.BridgedLayers + 4
            + (profile.Supports ? Supports.GapOf(profile) : 0));

    LayerRaster? LayerAt(int k)
    {
        if (k < 0 || k >= _planes.Length)
            return null;
        var layer = _ring[k % _ring.Length];
        return layer.Layer == k ? layer : throw new InvalidOperationException($"Layer {k} is no longer, or not yet, held.");
    }

    /// <summary>Facts of all layers; null when the triangles cross more planes than <c>Limits.Fdm.CrossingsMax</c>.</summary>
    public LayerFacts[]? Run(CancellationToken cancellation)
    {
        if (!Sort())
            return null;
        // Lowest layer that has passed each stage.
        int cut = _planes.Length, skinned = cut, split = cut, read = cut;
        while (read > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (cut > 0)
            {
                var low = Math.Max(0, cut - _wave);
                Collect(low, cut - 1);
                var lowest = low;
                Each(low, cut, (k, scratch) => scratch.Section(k, _triangles, _crossing.AsSpan(_crossStart[k - lowest].._crossStart[k - lowest + 1]),
                    _ring[k % _ring.Length], ref _facts[k]));
                if (_supports != null)
                    for (var k = cut - 1; k >= low; k--)
                        _supports.Drop(k, _layerAt, ref _facts[k]);
                cut = low;
            }
            var to = cut == 0 ? 0 : cut + 1;
            Each(to, skinned, (k, scratch) => scratch.Skins(k, _layerAt, ref _facts[k]));
            skinned = Math.Min(skinned, to);
            to = skinned == 0 ? 0 : skinned + Math.Max(0, _depths.BottomLayers - 1);
            Each(to, split, (k, scratch) => scratch.Shells(k, _layerAt));
            split = Math.Min(split, to);
            to = split == 0 ? 0 : split + _depths.BridgedLayers;
            Each(to, read, (k, scratch) => scratch.Lines(k, _layerAt, ref _facts[k]));
            read = Math.Min(read, to);
        }
        return _facts;
    }

    /// <summary>Runs a stage for layers from … to − 1, on all threads.</summary>
    void Each(int from, int to, Action<int, LayerScratch> stage)
    {
        if (_scratch.Length == 1 || to - from <= 1)
        {
            for (var k = to - 1; k >= from; k--)
                stage(k, _scratch[0]);
            return;
        }
        var next = to;
        Parallel.For(0, _scratch.Length, worker =>
        {
            for (var k = Interlocked.Decrement(ref next); k >= from; k = Interlocked.Decrement(ref next))
                stage(k, _scratch[worker]);
        });
    }

    /// <summary>Buckets triangles by the highest plane they reach.</summary>
    bool Sort()
    {
        var layers = _planes.Length;
        _lowest = new int[_count];
        var highest = new int[_count];
        _starts = new int[layers + 1];
        long crossings = 0;
        for (var t = 0; t < _count; t++)
        {
            var triangle = new ReadOnlySpan<float>(_triangles + 9L * t, 9);
            var (first, last) = _sections.Span(triangle);
            (_lowest[t], highest[t]) = (first, last);
            if (first > last)
                continue;
            crossings += last - first + 1;
            _starts[last]++;
        }
        if (crossings > Limits.Fdm.CrossingsMax)
            return false;
        // _starts[k] becomes where bucket k begins, counted from the top bucket down.
        var at = 0;
        for (var k = layers - 1; k >= 0; k--)
        {
            var size = _starts[k];
            _starts[k] = at;
            at += size;
        }
        _starts[layers] = at;
        _order = new int[at];
        var fill = _starts.AsSpan(0, layers).ToArray();
        for (var t = 0; t < _count; t++)
            if (_lowest[t] <= highest[t])
                _order[fill[highest[t]]++] = t;
        _highest = highest;
        return true;
    }

    /// <summary>Lists, for each layer low … high, the triangles that may cross it.</summary>
    void Collect(int low, int high)
    {
        var fresh = (low == 0 ? _starts[_planes.Length] : _starts[low - 1]) - _starts[high];
        if (_active.Length < _activeCount + fresh)
            Array.Resize(ref _active, Math.Max(2 * _active.Length, _activeCount + fresh));
        _order.AsSpan(_starts[high], fresh).CopyTo(_active.AsSpan(_activeCount));
        _activeCount += fresh;

        var layers = high - low + 1;
        _crossStart = new int[layers + 1];
        var total = 0;
        for (var i = 0; i < _activeCount; i++)
        {
            var t = _active[i];
            for (int k = Math.Max(low, _lowest[t]), last = Math.Min(high, _highest[t]); k <= last; k++)
            {
                _crossStart[k - low + 1]++;
                total++;
            }
        }
        if (_crossing.Length < total)
            _crossing = new int[Math.Max(total, 2 * _crossing.Length)];
        for (var k = 0; k < layers; k++)
            _crossStart[k + 1] += _crossStart[k];
        var fill = _crossStart.AsSpan(0, layers).ToArray();
        var kept = 0;
        for (var i = 0; i < _activeCount; i++)
        {
            var t = _active[i];
            for (int k = Math.Max(low, _lowest[t]), last = Math.Min(high, _highest[t]); k <= last; k++)
                _crossing[fill[k - low]++] = t;
            if (_lowest[t] < low)
                _active[kept++] = t;
        }
        _activeCount = kept;
    }

    public void Dispose()
    {
        foreach (var layer in _ring)
            layer.Dispose();
        foreach (var scratch in _scratch)
            scratch.Dispose();
        _supports?.Dispose();
    }
}
