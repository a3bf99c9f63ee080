using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Dexels;

/// <summary>A crossing on its way into its column.</summary>
readonly record struct FoundCrossing(ulong Crossing, int Column);

/// <summary>Crossings of one row band in the order they were found, in pieces small enough to stay off the large-object heap.</summary>
sealed class CrossingList
{
    const int PieceLength = 1024;

    public List<FoundCrossing[]> Full { get; } = [];

    public FoundCrossing[] Last { get; private set; } = [];

    public int LastCount { get; private set; }

    public long Count => (long)Full.Count * PieceLength + LastCount;

    /// <summary>False when this began a new piece.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(ulong crossing, int column)
    {
        if (LastCount < Last.Length)
        {
            Last[LastCount++] = new(crossing, column);
            return true;
        }
        Grow();
        Last[LastCount++] = new(crossing, column);
        return false;
    }

    void Grow()
    {
        if (Last.Length > 0)
            Full.Add(Last);
        Last = new FoundCrossing[PieceLength];
        LastCount = 0;
    }

    public IEnumerable<ArraySegment<FoundCrossing>> Pieces()
    {
        foreach (var piece in Full)
            yield return piece;
        yield return new(Last, 0, LastCount);
    }
}

/// <summary>What one thread found, by row band.</summary>
sealed class CrossingSink(int rowsPerBand, int bands)
{
    public CrossingList[] Lists { get; } = [.. Enumerable.Range(0, bands).Select(_ => new CrossingList())];

    /// <summary>Triangles that may cover a cell.</summary>
    public long Active { get; set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CrossingList At(int row) => Lists[row / rowsPerBand];

    public long Count => Lists.Sum(list => list.Count);
}
