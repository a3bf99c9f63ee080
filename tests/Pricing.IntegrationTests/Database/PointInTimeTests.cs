using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;

namespace Pricing.IntegrationTests.Database;

/// <summary>The recipe of deploy/postgres, once through: base backup, accident, restore to the moment before it.</summary>
[TestFixture]
public sealed class PointInTimeTests
{
    [Test, CancelAfter(300_000)]
    public async Task Everything_accepted_before_the_noted_moment_is_there_after_a_restore(CancellationToken cancel)
    {
        await using var servers = await ServerScripts.StartAsync();
        var options = new CoordinatorOptions
        {
            ConnectionString = servers.ConnectionString("primary"),
            ModelFolder = Directory.CreateTempSubdirectory("pricing-models-").FullName,
            EngineVersion = 1,
            LogLevel = LogLevel.None,
        };
        var accepted = new List<string>();
        string moment;
        string backup;
        await using (var server = await CoordinatorServer.StartAsync(options))
        {
            var model = await server.UploadAsync([1, 2, 3]);
            accepted.Add(await AcceptAsync(server, model));
            backup = await servers.BackUpAsync();
            for (var i = 0; i < 3; i++)
                accepted.Add(await AcceptAsync(server, model));
            moment = await server.ScalarAsync<string>("select clock_timestamp()::text");

            var late = await AcceptAsync(server, model);
            Assert.That(accepted, Does.Not.Contain(late));
            await server.ExecuteAsync("drop table quote cascade");
        }
        // What the archive has is what can be restored: the piece of the log with the accident in it is handed over, and waited for.
        var piece = await servers.AskAsync<string>("primary", "select pg_walfile_name(pg_switch_wal())", cancel);
        while (!File.Exists(Path.Combine(servers.Archive, piece)))
            await servers.AskAsync<object>("primary", "select pg_sleep(0.05)::text", cancel);
        await servers.StopAsync("primary");

        await servers.RestoreAsync(backup, "restored", moment);

        await using var back = await CoordinatorServer.StartAsync(options with { ConnectionString = servers.ConnectionString("restored") });
        foreach (var name in accepted)
            Assert.That((await back.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = name }, cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Measuring));
        Assert.That(await back.ScalarAsync<long>("select count(*) from quote"), Is.EqualTo(accepted.Count), "nothing after the moment");
        // And it works: the job of those quotes is still there to be done.
        await using var node = await ScriptedNode.ConnectAsync(back, 1);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        Directory.Delete(options.ModelFolder, recursive: true);

        async Task<string> AcceptAsync(CoordinatorServer server, string model) =>
            (await server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel)).Name;
    }
}
