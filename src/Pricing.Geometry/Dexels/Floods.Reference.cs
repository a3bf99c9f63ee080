namespace Pricing.Geometry.Dexels;

sealed partial class Floods
{
    /// <summary>The same levels: every gap asks its neighbours again until nothing changes.</summary>
    public static int[] Reference(Gaps gaps)
    {
        var levels = new int[gaps.Count];
        var columns = ColumnsOf(gaps);
        for (var gap = 0; gap < gaps.Count; gap++)
            levels[gap] = gaps.IsBorder(columns[gap]) || gaps.Lows[gap] == 0 ? gaps.Lows[gap] : int.MaxValue;
        for (var isChanged = true; isChanged;)
        {
            isChanged = false;
            for (var a = 0; a < gaps.Count; a++)
                for (var b = 0; b < gaps.Count; b++)
                {
                    int ax = columns[a] % gaps.Width, ay = columns[a] / gaps.Width, bx = columns[b] % gaps.Width, by = columns[b] / gaps.Width;
                    if (Math.Abs(ax - bx) + Math.Abs(ay - by) != 1 || Math.Max(gaps.Lows[a], gaps.Lows[b]) >= Math.Min(gaps.Highs[a], gaps.Highs[b]))
                        continue;
                    var level = Math.Max(gaps.Lows[a], levels[b]);
                    if (level >= levels[a])
                        continue;
                    levels[a] = level;
                    isChanged = true;
                }
        }
        return [.. levels.Select(level => level == int.MaxValue ? NotReached : level)];
    }
}
