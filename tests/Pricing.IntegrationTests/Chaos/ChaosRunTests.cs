using System.Runtime.Versioning;
using NUnit.Framework;
using Pricing.IntegrationTests.Node;

namespace Pricing.IntegrationTests.Chaos;

/// <summary>The promise of the platform, on real processes: whatever is broken, nothing accepted is lost, nothing is applied twice, no OK is false.</summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[NonParallelizable]
public sealed class ChaosRunTests
{
    /// <summary>Sixteen faults of sixteen kinds in two minutes: see `pricing chaos --minutes 2 --seed 5 --plan`.</summary>
    const int Seed = 5;

    [Test]
    public async Task Under_fire_nothing_is_lost_nothing_applied_twice_and_no_OK_is_false()
    {
        await using var chaos = new ChaosProgram("--minutes", "2", "--seed", $"{Seed}", "--json");
        var (exitCode, verdict) = await chaos.WaitAsync();
        await TestContext.Out.WriteLineAsync($"{chaos.Said}\n{verdict}");

        Assert.That(verdict.GetProperty("faults").GetInt32(), Is.GreaterThanOrEqualTo(15));
        Assert.That(verdict.GetProperty("kinds").GetInt32(), Is.GreaterThanOrEqualTo(8));
        Assert.That(verdict.GetProperty("accepted").GetInt64(), Is.GreaterThan(50), "a platform that accepts nothing loses nothing");
        Assert.That(verdict.GetProperty("prices_worked_out").GetInt64(), Is.Positive);
        foreach (var broken in verdict.GetProperty("broken").EnumerateObject())
            Assert.That(broken.Value.GetInt64(), Is.Zero, broken.Name);
        Assert.That(exitCode, Is.Zero);
        Assert.That(chaos.Processes(), Is.Empty, "it has ended all it started");
    }

    [TestCase("TERM")]
    [TestCase("KILL")]
    public async Task Nothing_outlives_a_run_however_it_ends(string signal)
    {
        await using var chaos = new ChaosProgram("--minutes", "10", "--seed", "1", "--isolation", "none");
        await chaos.UpAsync();
        var started = chaos.Processes();
        Assert.That(started, Has.Count.GreaterThanOrEqualTo(6), "database, Redis, coordinators, nodes");
        await chaos.SignalAsync(signal);
        var (exitCode, _) = await chaos.WaitAsync();
        foreach (var pid in started)
            await WorkerProcesses.GoneAsync(pid);
        Assert.That(exitCode, Is.EqualTo(signal == "TERM" ? 143 : 137));
        Assert.That(chaos.Processes(), Is.Empty);
    }
}
