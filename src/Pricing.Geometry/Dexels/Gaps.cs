namespace Pricing.Geometry.Dexels;

/// <summary>
/// The empty stretches of a field's columns, bottom to top, with the air above the part as the last of each column and the air below it, if
/// the column does not start on the bed, as the first. Heights in quanta.
/// </summary>
sealed class Gaps
{
    Gaps(int width, int height, int[] starts, int[] lows, int[] highs, int top)
    {
        Width = width;
        Height = height;
        Starts = starts;
        Lows = lows;
        Highs = highs;
        Top = top;
    }

    public int Width { get; }
    public int Height { get; }

    /// <summary>First gap of each column, and the number of gaps after the last column.</summary>
    public int[] Starts { get; }
    public int[] Lows { get; }
    public int[] Highs { get; }

    /// <summary>Above everything.</summary>
    public int Top { get; }

    public int Count => Lows.Length;

    public static Gaps Of(DexelField field)
    {
        var columns = field.Width * field.Height;
        var starts = new int[columns + 1];
        for (var column = 0; column < columns; column++)
        {
            var crossings = field.Column(column);
            var startsOnBed = crossings.Length > 0 && Crossing.Height(crossings[0]) == 0;
            starts[column + 1] = starts[column] + crossings.Length / 2 + (startsOnBed ? 0 : 1);
        }
        var lows = new int[starts[columns]];
        var highs = new int[starts[columns]];
        // The part's top rounds to no more than its height.
        var top = (int)Math.Round(field.Grid.ExtentsMm[field.Axis] * field.Grid.QuantaPerMm) + 1;
        for (var column = 0; column < columns; column++)
        {
            var crossings = field.Column(column);
            var gap = starts[column];
            var low = 0;
            foreach (var crossing in crossings)
                if (Crossing.IsExit(crossing))
                    low = Crossing.Height(crossing);
                else if (Crossing.Height(crossing) > low)
                    (lows[gap], highs[gap++]) = (low, Crossing.Height(crossing));
            (lows[gap], highs[gap]) = (low, top);
        }
        return new(field.Width, field.Height, starts, lows, highs, top);
    }

    /// <summary>The same, upside down.</summary>
    public Gaps Mirrored()
    {
        var lows = new int[Count];
        var highs = new int[Count];
        for (var column = 0; column < Width * Height; column++)
            for (var gap = Starts[column]; gap < Starts[column + 1]; gap++)
            {
                var mirrored = Starts[column] + Starts[column + 1] - 1 - gap;
                (lows[mirrored], highs[mirrored]) = (Top - Highs[gap], Top - Lows[gap]);
            }
        return new(Width, Height, Starts, lows, highs, Top);
    }

    public bool IsBorder(int column) => column % Width is var x && (x == 0 || x == Width - 1 || column < Width || column >= Width * (Height - 1));

    /// <summary>The first gap of a column that reaches above a height.</summary>
    public int FirstAbove(int column, int height)
    {
        int low = Starts[column], high = Starts[column + 1];
        if (Highs[low] > height)
            return low;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Highs[middle] > height)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
