using NUnit.Framework;
using Pricing.IntegrationTests.Servers;

namespace Pricing.IntegrationTests.Cli;

/// <summary><c>pricing load</c> and <c>pricing bench --database</c>, once each, small: they run, count what they sent, and say it as JSON.</summary>
[TestFixture]
[CancelAfter(600_000)]
public sealed class LoadProgramTests
{
    [Test]
    public async Task A_load_of_every_kind_is_counted_and_its_times_told()
    {
        using var home = new ProgramHome();
        var ended = await PricingProgram.RunAsync(home.Folder, "load", "--rate", "20", "--seconds", "2", "--partners", "2", "--mix", "new=1,known-model=1,known-price=2", "--json");
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        var rows = ended.Json.GetProperty("rows").EnumerateArray().ToList();
        Assert.That(rows.Select(r => r.GetProperty("kind").GetString()), Is.EqualTo(new[] { "new", "known-model", "known-price", "all" }));
        var all = rows[^1];
        Assert.That(all.GetProperty("sent").GetInt64() + all.GetProperty("not sent").GetInt64(), Is.EqualTo(40));
        foreach (var row in rows)
        {
            Assert.That(row.GetProperty("ok").GetInt64() + row.GetProperty("refused").GetInt64() + row.GetProperty("unanswered").GetInt64(), Is.EqualTo(row.GetProperty("sent").GetInt64()));
            Assert.That(row.GetProperty("p50 ms").GetDouble(), Is.GreaterThan(0).And.LessThanOrEqualTo(row.GetProperty("max ms").GetDouble()), ended.ToString());
        }
        Assert.That(ended.Error, Does.Contain("in flight"), "a line a second");
    }

    [Test]
    public async Task The_database_bench_compares_pgbench_with_ours_on_a_given_server()
    {
        using var home = new ProgramHome();
        var ended = await PricingProgram.RunAsync(home.Folder, "bench", "--database", await PostgresServer.CreateDatabaseAsync(),
            "--seconds", "1", "--rounds", "1", "--clients", "2", "--finished", "500", "--snapshot", "0", "--json");
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        var rows = ended.Json.GetProperty("rows").EnumerateArray().ToList();
        Assert.That(rows.Take(2).Select(r => r.GetProperty("jobs/s").GetDouble()), Is.All.GreaterThan(0), ended.ToString());
        Assert.That(rows, Has.Count.EqualTo(5));
    }
}
