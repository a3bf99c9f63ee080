namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Which overhanging cells need no support because a line through them, along rows, columns or diagonals, ends on what carries it at both sides. Bits in rows
/// of words; columns and diagonals advance a row of words at a time.
/// </summary>
sealed class Bridging
{
    readonly int _rows;
    readonly int _blocks;
    readonly uint[][] _reached;

    public Bridging(int rows, int blocks)
    {
        (_rows, _blocks) = (rows, blocks);
        Hanging = new uint[rows * blocks];
        Carried = new uint[rows * blocks];
        _reached = [new uint[rows * blocks], new uint[rows * blocks], new uint[rows * blocks]];
    }

    /// <summary>Cells in the air; cells of the part with something below.</summary>
    public uint[] Hanging { get; }
    public uint[] Carried { get; }

    /// <summary>Takes the cells that bridge off <see cref="Hanging"/>, within rows first … end − 1.</summary>
    public void RemoveBridged(int first, int end)
    {
        // From above: reached where the cell before is carried, or hangs and is reached itself.
        for (var direction = 0; direction < 3; direction++)
            for (var j = first; j < end; j++)
                for (var b = 0; b < _blocks; b++)
                    _reached[direction][j * _blocks + b] = Hanging[j * _blocks + b] == 0 ? 0
                        : Hanging[j * _blocks + b] & Shifted(Carried, _reached[direction], j - 1, b, direction - 1, j > first);
        // From below, of which two rows suffice.
        var below = new uint[3][];
        for (var direction = 0; direction < 3; direction++)
            below[direction] = new uint[_blocks * 2];
        Span<uint> bridged = stackalloc uint[_blocks];
        for (var j = end - 1; j >= first; j--)
        {
            bridged.Clear();
            for (var direction = 0; direction < 3; direction++)
            {
                var current = below[direction].AsSpan((j & 1) * _blocks, _blocks);
                var next = below[direction].AsSpan((~j & 1) * _blocks, _blocks);
                for (var b = 0; b < _blocks; b++)
                {
                    var hanging = Hanging[j * _blocks + b];
                    // The opposite way along the same line.
                    current[b] = hanging == 0 || j + 1 >= _rows ? 0 : hanging & Shift(Carried.AsSpan((j + 1) * _blocks, _blocks), next, b, 1 - direction, j + 1 < end);
                    bridged[b] |= current[b] & _reached[direction][j * _blocks + b];
                }
            }
            AddRow(j, bridged);
            // Nobody asks for what this row was reached from any more: keep the answer there until all rows are done.
            for (var b = 0; b < _blocks; b++)
                _reached[0][j * _blocks + b] = bridged[b];
        }
        for (var j = first; j < end; j++)
            for (var b = 0; b < _blocks; b++)
                Hanging[j * _blocks + b] &= ~_reached[0][j * _blocks + b];
    }

    uint Shifted(uint[] carried, uint[] reached, int row, int block, int columns, bool hasReached) => row < 0
        ? 0
        : Shift(carried.AsSpan(row * _blocks, _blocks), reached.AsSpan(row * _blocks, _blocks), block, columns, hasReached);

    /// <summary>A word of the row before, moved by −1, 0 or 1 columns.</summary>
    static uint Shift(ReadOnlySpan<uint> carried, ReadOnlySpan<uint> reached, int block, int columns, bool hasReached)
    {
        var word = Word(carried, reached, block, hasReached);
        return columns switch
        {
            0 => word,
            > 0 => word << 1 | (block > 0 ? Word(carried, reached, block - 1, hasReached) >> 31 : 0),
            _ => word >> 1 | (block + 1 < carried.Length ? Word(carried, reached, block + 1, hasReached) << 31 : 0),
        };
    }

    static uint Word(ReadOnlySpan<uint> carried, ReadOnlySpan<uint> reached, int block, bool hasReached) =>
        hasReached ? carried[block] | reached[block] : carried[block];

    /// <summary>Runs of hanging cells along the row with carried cells at both ends.</summary>
    void AddRow(int row, Span<uint> bridged)
    {
        var begin = -1;
        for (var i = 0; i < _blocks * 32; i++)
        {
            if ((i & 31) == 0 && begin < 0 && Hanging[row * _blocks + (i >> 5)] == 0)
            {
                i += 31;
                continue;
            }
            var hangs = At(Hanging, row, i);
            if (hangs && begin < 0)
                begin = i;
            else if (!hangs && begin >= 0)
            {
                if (begin > 0 && At(Carried, row, begin - 1) && At(Carried, row, i))
                    for (var c = begin; c < i; c++)
                        bridged[c >> 5] |= 1u << (c & 31);
                begin = -1;
            }
        }
    }

    bool At(uint[] bits, int row, int column) => (bits[row * _blocks + (column >> 5)] >> (column & 31) & 1) != 0;
}
