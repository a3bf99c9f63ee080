using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Layers;

/// <summary>
/// One row of fixed-point sums per plane, in a window of planes that grows both ways as triangles come. Sums are 64-bit integers modulo 2⁶⁴,
/// so neither order nor threads matter; a section's true area below 2³⁹ mm² always comes out right, whatever the partial sums did.
/// </summary>
/// <remarks>What tall triangles add waits in difference rows (<see cref="LayerSteps"/>) until <see cref="Close"/>, after the last triangle.</remarks>
sealed class LayerRows
{
    /// <summary>Binary places of every sum: 2⁻²⁴ mm or mm².</summary>
    public const int Bits = 24;

    /// <summary>Longs per row: one cache line.</summary>
    public const int Stride = 8;

    /// <summary>Section area; section perimeter; perimeter of walls that hang in the air, and would if the mesh were inside out.</summary>
    public const int Area = 0, Perimeter = 1, Overhang = 2, OverhangInverted = 3;

    /// <summary>
    /// Projected area below the plane of faces in four classes of slope. What a face adds at the planes it crosses is kept at
    /// <see cref="Below"/> + class; its whole area, due at all planes above it, in <see cref="WholeRow"/> of the first of them.
    /// </summary>
    public const int Below = 4;
    public const int UpSkin = 0, UpFlat = 1, DownSkin = 2, DownFlat = 3, Classes = 4;

    /// <summary>Fields of a plane when it is written: its row, its whole areas, its differences. What is left of a word counts planes.</summary>
    const int Fields = Stride + Classes + LayerSteps.Stride, PlaneBits = 64 - Fields;

    /// <summary>Begins <see cref="_origin"/> longs in, where a line of the cache begins: a row split between two costs twice.</summary>
    long[] _rows = [];
    int _origin;
    long[] _whole = [];
    long[] _steps = [];
    bool _stepsUsed;

    // The planes that were asked for: the rows reach further.
    int _lowest, _highest;

    /// <summary>Plane of the first row.</summary>
    public int First { get; private set; }

    public int Count { get; private set; }

    /// <summary>True once the part spans more planes than <c>Limits.Mesh.LayersMax</c>; the rows are gone then.</summary>
    public bool TooTall { get; private set; }

    /// <summary>Row updates so far: the work pass 2 did, whatever the clock said.</summary>
    public long Updates { get; set; }

    /// <summary>The sums at a plane, complete once the rows are closed.</summary>
    public Span<long> Row(int plane) => _steps.Length == 0
        ? Slice(Storage, plane, Stride)
        : throw new InvalidOperationException("Rows are read after Close.");

    /// <summary>Projected area of each class that counts whole from this plane on.</summary>
    public Span<long> WholeRow(int plane) => Slice(_whole, plane, Classes);

    public Span<long> Storage => _rows.AsSpan(_origin);

    public long[] WholeStorage => _whole;

    /// <summary>The difference rows; made when the first tall triangle comes.</summary>
    public long[] StepStorage()
    {
        if (_steps.Length == 0)
            _steps = GC.AllocateArray<long>(Count * LayerSteps.Stride, pinned: true);
        _stepsUsed = true;
        return _steps;
    }

    /// <summary>Makes rows for planes <paramref name="low"/> … <paramref name="high"/>; false when the part is too tall.</summary>
    public bool Ensure(int low, int high)
    {
        if (TooTall)
            return false;
        _lowest = Count == 0 ? low : Math.Min(_lowest, low);
        _highest = Count == 0 ? high : Math.Max(_highest, high);
        // Room made in advance is no height: who asked in which order must not decide.
        if ((long)_highest - _lowest + 1 > Limits.Mesh.LayersMax)
        {
            TooTall = true;
            _rows = _whole = _steps = [];
            _origin = 0;
            Count = 0;
            return false;
        }
        if (Count > 0 && low >= First && high < First + Count)
            return true;
        var newLow = Count == 0 ? low : Math.Min(low, First);
        var newHigh = Count == 0 ? high : Math.Max(high, First + Count - 1);
        if (Count > 0)
        {
            // Half as much again on the side that grew, so that growth stays linear in the end.
            var slack = Math.Clamp(Limits.Mesh.LayersMax - (newHigh - newLow + 1), 0, Count / 2 + 64);
            if (newLow < First)
                newLow -= slack;
            else
                newHigh += slack;
        }
        var count = newHigh - newLow + 1;
        var moved = GC.AllocateArray<long>(count * Stride + Stride - 1, pinned: true);
        var origin = OriginIn(moved);
        if (Count > 0)
            Storage[..(Count * Stride)].CopyTo(moved.AsSpan(origin + (First - newLow) * Stride));
        (_rows, _origin) = (moved, origin);
        _whole = Moved(_whole, Classes, newLow, count);
        if (_steps.Length > 0)
            _steps = Moved(_steps, LayerSteps.Stride, newLow, count);
        First = newLow;
        Count = count;
        return true;
    }

    /// <summary>Adds another worker's rows, neither of them closed.</summary>
    public void Add(LayerRows other)
    {
        Updates += other.Updates;
        if (other.TooTall)
            TooTall = true;
        if (TooTall || other.Count == 0)
            return;
        if (!Ensure(other._lowest, other._highest))
            return;
        var (low, high) = other.Used();
        if (low > high)
            return;
        AddRange(Storage, other.Storage, Stride);
        AddRange(_whole, other._whole, Classes);
        if (other._steps.Length > 0)
            AddRange(StepStorage(), other._steps, LayerSteps.Stride);

        void AddRange(Span<long> into, Span<long> from, int stride)
        {
            var target = into.Slice((low - First) * stride, (high - low + 1) * stride);
            var source = from.Slice((low - other.First) * stride, target.Length);
            for (var i = 0; i < target.Length; i++)
                target[i] += source[i];
        }
    }

    /// <summary>
    /// Turns differences into rows. Once, when every triangle of every worker is in: it rounds sums, and rounding parts of them would
    /// make the answer depend on who added what.
    /// </summary>
    public void Close()
    {
        if (_steps.Length > 0)
            LayerSteps.Integrate(_steps, Storage, Count);
        _steps = [];
        _stepsUsed = false;
    }

    /// <summary>
    /// Empties rows that hold one chunk for the next one, which spans these planes: at most <c>Limits.Reuse.ChunkRowsMax</c>, for which there is room
    /// from the first time on.
    /// </summary>
    public void Restart(int low, int high)
    {
        if (_rows.Length == 0)
        {
            _rows = GC.AllocateArray<long>(Limits.Reuse.ChunkRowsMax * Stride + Stride - 1, pinned: true);
            _origin = OriginIn(_rows);
            _whole = GC.AllocateArray<long>(Limits.Reuse.ChunkRowsMax * Classes, pinned: true);
        }
        if (_stepsUsed)
            _steps.AsSpan(0, Count * LayerSteps.Stride).Clear();
        _stepsUsed = false;
        First = _lowest = low;
        _highest = high;
        Count = high - low + 1;
        Debug.Assert(Count <= Limits.Reuse.ChunkRowsMax && Limits.Reuse.ChunkRowsMax <= 1 << PlaneBits);
        Storage[..(Count * Stride)].Clear();
        _whole.AsSpan(0, Count * Classes).Clear();
        // Made for as many planes as the chunk of the first tall triangle had.
        if (_steps.Length < Count * LayerSteps.Stride)
            _steps = [];
        Updates = 0;
    }

    /// <summary>Writes rows of one chunk, not closed: the planes where something stands, and of them what does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void WriteTo(SumsWriter writer)
    {
        writer.Add(Updates);
        writer.Add((long)First << 32 | (uint)Count);
        for (var i = 0; i < Count; i++)
        {
            var row = Storage.Slice(i * Stride, Stride);
            var whole = _whole.AsSpan(i * Classes, Classes);
            var step = _stepsUsed ? _steps.AsSpan(i * LayerSteps.Stride, LayerSteps.Stride) : [];
            ulong rowMask = MaskOf(row), wholeMask = MaskOf(whole), stepMask = MaskOf(step);
            var mask = rowMask | wholeMask << Stride | stepMask << (Stride + Classes);
            if (mask == 0)
                continue;
            writer.Add((long)((ulong)i << Fields | mask));
            writer.Add(row, rowMask);
            writer.Add(whole, wholeMask);
            writer.Add(step, stepMask);
        }
        writer.Add(End);
    }

    /// <summary>Adds rows that were written, as <see cref="Add(LayerRows)"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ref SumsReader written)
    {
        Updates += written.Next();
        var span = written.Next();
        var low = (int)(span >> 32);
        var isThere = Ensure(low, low + (int)span - 1);
        const ulong RowMask = (1ul << Stride) - 1, WholeMask = (1ul << Classes) - 1, AllMask = (1ul << Fields) - 1;
        for (var next = written.Next(); next != End; next = written.Next())
        {
            var mask = (ulong)next & AllMask;
            if (!isThere)
            {
                written.Skip(BitOperations.PopCount(mask));
                continue;
            }
            var at = low + (int)((ulong)next >> Fields) - First;
            written.AddTo(Storage.Slice(at * Stride, Stride), mask & RowMask);
            written.AddTo(_whole.AsSpan(at * Classes, Classes), mask >> Stride & WholeMask);
            if (mask >> (Stride + Classes) is var steps and not 0)
                written.AddTo(StepStorage().AsSpan(at * LayerSteps.Stride, LayerSteps.Stride), steps);
        }
    }

    /// <summary>No plane has this: a plane that is written has something in it.</summary>
    const long End = 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong MaskOf(ReadOnlySpan<long> fields)
    {
        ulong mask = 0;
        var i = 0;
        for (; i + Vector256<long>.Count <= fields.Length; i += Vector256<long>.Count)
            mask |= (ulong)(~Vector256.IsZero(Vector256.Create(fields[i..])).ExtractMostSignificantBits() & 0b1111) << i;
        for (; i < fields.Length; i++)
            mask |= (fields[i] != 0 ? 1ul : 0) << i;
        return mask;
    }

    /// <summary>Adds only the section areas of other rows, where these have the plane. Both are closed.</summary>
    public void AddArea(LayerRows other)
    {
        for (var k = Math.Max(First, other.First); k < Math.Min(First + Count, other.First + other.Count); k++)
            Row(k)[Area] += other.Row(k)[Area];
    }

    long[] Moved(long[] from, int stride, int newFirst, int newCount)
    {
        var to = GC.AllocateArray<long>(newCount * stride, pinned: true);
        if (Count > 0)
            from.AsSpan(0, Count * stride).CopyTo(to.AsSpan((First - newFirst) * stride));
        return to;
    }

    static unsafe int OriginIn(long[] pinned)
    {
        fixed (long* start = pinned)
            return (int)(-(nint)start / sizeof(long) & (Stride - 1));
    }

    Span<long> Slice(Span<long> storage, int plane, int stride) => storage.Slice((plane - First) * stride, stride);

    (int Low, int High) Used()
    {
        int low = First, high = First + Count - 1;
        while (low <= high && IsUnused(low))
            low++;
        while (high >= low && IsUnused(high))
            high--;
        return (low, high);
    }

    bool IsUnused(int plane) => !Slice(Storage, plane, Stride).ContainsAnyExcept(0) && !WholeRow(plane).ContainsAnyExcept(0)
        && (_steps.Length == 0 || !Slice(_steps, plane, LayerSteps.Stride).ContainsAnyExcept(0));
}
