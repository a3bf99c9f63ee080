namespace Pricing.Geometry.Dexels;

/// <summary>
/// The empty stretches of a field's columns, bottom to top: the air below the part is the first of each column, the air above it the last (in an
/// empty column both are one). Heights in quanta.
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

    /// <summary>Of a part in free air: heights are one quantum more than the field's, so that there is air below whatever lies on the bed.</summary>
    public static Gaps Of(DexelField field)
    {
        var columns = field.Width * field.Height;
        var starts = new int[columns + 1];
        for (var column = 0; column < columns; column++)
            starts[column + 1] = starts[column] + field.Column(column).Length / 2 + 1;
        var lows = new int[starts[columns]];
        var highs = new int[starts[columns]];
        // The part's top rounds to no more than its height.
        var top = (int)Math.Round(field.Grid.ExtentsMm[field.Axis] * field.Grid.QuantaPerMm) + 2;
        for (var column = 0; column < columns; column++)
        {
            var gap = starts[column];
            foreach (var crossing in field.Column(column))
                if (Crossing.IsExit(crossing))
                    lows[gap] = Crossing.Height(crossing) + 1;
                else
                    highs[gap++] = Crossing.Height(crossing) + 1;
            highs[gap] = top;
            // Above the part there is air however its highest point was rounded.
            lows[gap] = Math.Min(lows[gap], top - 1);
        }
        return new(field.Width, field.Height, starts, lows, highs, top);
    }

    /// <summary>The same part on a tight bed: there is nothing below the floor. Gaps that lie below it have no height.</summary>
    public Gaps OnFloor(int floor)
    {
        var lows = (int[])Lows.Clone();
        for (var column = 0; column < Width * Height; column++)
            lows[Starts[column]] = Math.Max(lows[Starts[column]], Math.Min(floor, Highs[Starts[column]]));
        return new(Width, Height, Starts, lows, Highs, Top);
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

    /// <summary>Without height, as gaps below a floor are: nothing is in it, nothing flows through it.</summary>
    public bool IsShut(int gap) => Lows[gap] >= Highs[gap];

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
