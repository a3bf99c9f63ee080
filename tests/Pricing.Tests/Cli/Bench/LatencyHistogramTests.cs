using NUnit.Framework;
using Pricing.Cli.Bench;

namespace Pricing.Tests.Cli.Bench;

[TestFixture]
public sealed class LatencyHistogramTests
{
    [Test]
    public void Percentiles_are_never_too_low_and_hardly_too_high()
    {
        const int seed = 42;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var times = Enumerable.Range(0, 10_000).Select(_ => (long)(random.NextDouble() * Math.Pow(10, random.Next(1, 11)))).ToArray();
        var histogram = new LatencyHistogram();
        foreach (var time in times)
            histogram.Add(time);
        Array.Sort(times);
        foreach (var percent in new[] { 1.0, 50, 90, 99, 99.9, 100 })
        {
            var exact = times[(int)Math.Ceiling(times.Length * percent / 100) - 1];
            Assert.That(histogram.PercentileNs(percent), Is.InRange(exact, exact + (exact / 64) + 1), $"p{percent}");
        }
        Assert.That((histogram.Count, histogram.HighestNs), Is.EqualTo((10_000L, times[^1])));
    }

    [Test]
    public void Histograms_add_up()
    {
        var (one, other) = (new LatencyHistogram(), new LatencyHistogram());
        one.Add(100);
        other.Add(1_000_000);
        other.Add(long.MaxValue);
        one.Add(other);
        Assert.That(one.Count, Is.EqualTo(3));
        Assert.That(one.PercentileNs(1), Is.EqualTo(100));
        Assert.That(one.PercentileNs(60), Is.InRange(1_000_000, 1_016_000));
    }

    [Test]
    public void Without_calls_there_is_no_time()
        => Assert.That(new LatencyHistogram().PercentileNs(99), Is.Zero);
}
