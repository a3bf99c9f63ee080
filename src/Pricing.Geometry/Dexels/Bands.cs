namespace Pricing.Geometry.Dexels;

/// <summary>Splits a range over threads. What the parts compute may be added in any order: sums are integers.</summary>
static class Bands
{
    /// <summary>Parts per thread, so that an uneven mesh keeps all busy.</summary>
    const int PerThread = 4;

    /// <summary>Calls <paramref name="part"/> with from (included) and to (excluded), each index once.</summary>
    public static void Run(int threads, int count, Action<int, int> part)
    {
        threads = Math.Clamp(threads, 1, Limits.Mesh.ThreadsMax);
        if (threads == 1)
        {
            part(0, count);
            return;
        }
        var parts = Math.Min(count, PerThread * threads);
        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = threads },
            i => part((int)((long)count * i / parts), (int)((long)count * (i + 1) / parts)));
    }
}
