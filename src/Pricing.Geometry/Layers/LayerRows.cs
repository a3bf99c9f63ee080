namespace Pricing.Geometry.Layers;

/// <summary>
/// One row of fixed-point sums per plane, in a window of planes that grows both ways as triangles come. Sums are 64-bit integers modulo 2⁶⁴,
/// so neither order nor threads matter; a section's true area below 2³⁹ mm² always comes out right, whatever the partial sums did.
/// </summary>
sealed class LayerRows
{
    /// <summary>Binary places of every sum: 2⁻²⁴ mm or mm².</summary>
    public const int Bits = 24;

    /// <summary>Longs per row.</summary>
    public const int Stride = 12;

    /// <summary>Section area; section perimeter; perimeter of walls that hang in the air, and would if the mesh were inside out.</summary>
    public const int Area = 0, Perimeter = 1, Overhang = 2, OverhangInverted = 3;

    /// <summary>
    /// Projected area below the plane of faces in four classes of slope. What a face adds at the planes it crosses is kept at
    /// <see cref="Below"/> + class; its whole area, due at all planes above it, at <see cref="Whole"/> + class of the first of them.
    /// </summary>
    public const int Below = 4, Whole = 8;
    public const int UpSkin = 0, UpFlat = 1, DownSkin = 2, DownFlat = 3, Classes = 4;

    long[] _rows = [];

    /// <summary>Plane of the first row.</summary>
    public int First { get; private set; }

    public int Count { get; private set; }

    /// <summary>True once the part spans more planes than <c>Limits.Mesh.LayersMax</c>; the rows are gone then.</summary>
    public bool TooTall { get; private set; }

    public Span<long> Row(int plane) => _rows.AsSpan((plane - First) * Stride, Stride);

    public long[] Storage => _rows;

    /// <summary>Makes rows for planes <paramref name="low"/> … <paramref name="high"/>; false when the part is too tall.</summary>
    public bool Ensure(int low, int high)
    {
        if (TooTall)
            return false;
        if (Count > 0 && low >= First && high < First + Count)
            return true;
        var newLow = Count == 0 ? low : Math.Min(low, First);
        var newHigh = Count == 0 ? high : Math.Max(high, First + Count - 1);
        if ((long)newHigh - newLow + 1 > Limits.Mesh.LayersMax)
        {
            TooTall = true;
            _rows = [];
            Count = 0;
            return false;
        }
        if (Count > 0)
        {
            // Half as much again on the side that grew, so that growth stays linear in the end.
            var slack = Math.Min(Count / 2 + 64, Limits.Mesh.LayersMax - (newHigh - newLow + 1));
            if (newLow < First)
                newLow -= slack;
            else
                newHigh += slack;
        }
        var rows = GC.AllocateArray<long>((newHigh - newLow + 1) * Stride, pinned: true);
        _rows.AsSpan(0, Count * Stride).CopyTo(rows.AsSpan((First - newLow) * (Count == 0 ? 0 : Stride)));
        _rows = rows;
        First = newLow;
        Count = newHigh - newLow + 1;
        return true;
    }

    /// <summary>Adds another worker's rows.</summary>
    public void Add(LayerRows other)
    {
        if (other.TooTall)
            TooTall = true;
        if (TooTall || other.Count == 0)
            return;
        // Unused slack of the window must not make two halves of one part too tall.
        var (low, high) = other.Used();
        if (low > high || !Ensure(low, high))
            return;
        for (var k = low; k <= high; k++)
        {
            var into = Row(k);
            var from = other.Row(k);
            for (var i = 0; i < Stride; i++)
                into[i] += from[i];
        }
    }

    /// <summary>Adds only the section areas of other rows, where these have the plane.</summary>
    public void AddArea(LayerRows other)
    {
        for (var k = Math.Max(First, other.First); k < Math.Min(First + Count, other.First + other.Count); k++)
            Row(k)[Area] += other.Row(k)[Area];
    }

    (int Low, int High) Used()
    {
        int low = First, high = First + Count - 1;
        while (low <= high && !Row(low).ContainsAnyExcept(0))
            low++;
        while (high >= low && !Row(high).ContainsAnyExcept(0))
            high--;
        return (low, high);
    }
}
