using System.Diagnostics;
using System.Runtime.Versioning;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Coordinator.Embedded;
using Pricing.IntegrationTests.Embedded;
using Pricing.IntegrationTests.Models;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Processes;

/// <summary>
/// Real processes, killed without a word at the worst moments. The moments are found by what a partner can see, not by hooks in the program.
/// All processes share the private database of one home, which also lives through their deaths.
/// </summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[NonParallelizable]
sealed class KilledProcessTests
{
    readonly List<PricingProcess> _processes = [];
    readonly List<Partner> _partners = [];
    ClusterHome _home = null!;
    EmbeddedPostgres _database = null!;

    [SetUp]
    public async Task StartDatabase()
    {
        _home = new ClusterHome();
        _database = await _home.StartAsync();
    }

    [TearDown]
    public async Task StopAll()
    {
        foreach (var partner in _partners)
            partner.Dispose();
        foreach (var process in _processes)
            await process.DisposeAsync();
        _partners.Clear();
        _processes.Clear();
        await _database.DisposeAsync();
        _home.Dispose();
    }

    [Test]
    public async Task A_node_killed_in_the_middle_of_a_mesh_is_replaced_and_the_quote_still_ends()
    {
        var coordinator = await CoordinatorAsync();
        var partner = PartnerOf(coordinator);
        var first = await NodeAsync(coordinator, "node-a");

        // The kill must hit while bytes move. A node may be too quick for one model, never for all: each is larger than the one before.
        uint attempt = 0;
        Quote? quote = null;
        var killed = false;
        for (var around = 2_000; !killed && around <= 16_000; around *= 2)
        {
            var model = await partner.UploadAsync(GeneratedModel.Torus(around, 300, seed: around));
            var accepted = await partner.Quotes.CreateQuoteAsync(Partner.Request(model, Guid.NewGuid().ToString()));
            quote = await partner.WatchAsync(accepted.Name, async progress =>
            {
                attempt = Math.Max(attempt, progress.Attempt);
                if (killed || progress.BytesDone == 0 || progress.BytesDone == progress.BytesTotal)
                    return;
                killed = true;
                await first.KillAsync();
                await NodeAsync(coordinator, "node-b");
            });
        }

        Assert.That(killed, "no model was large enough to be met half-way");
        Assert.That(quote!.State, Is.EqualTo(Quote.Types.State.Priced), quote.Failure?.ToString());
        Assert.That(quote.Measurement.Geometry.Watertight);
        Assert.That(attempt, Is.GreaterThanOrEqualTo(2), "another node took the job");
    }

    [Test]
    public async Task A_coordinator_killed_between_accept_and_reply_gives_the_same_quote_on_the_retry_and_only_one()
    {
        var coordinator = await CoordinatorAsync();
        var partner = PartnerOf(coordinator);
        var model = await partner.UploadAsync(GeneratedModel.Torus(60, 40));

        // Without a node the quote is accepted and the reply waits: that is the moment.
        var request = Partner.Request(model, Guid.NewGuid().ToString(), TimeSpan.FromSeconds(Limits.Quote.WaitSecondsMax));
        var reply = partner.Quotes.CreateQuoteAsync(request).ResponseAsync;
        var observer = PartnerOf(coordinator);
        IReadOnlyList<Quote> accepted;
        do
        {
            accepted = await observer.ListAsync();
            Assert.That(reply.IsCompleted, Is.False, "the reply must still be on its way");
        }
        while (accepted.Count == 0);
        await coordinator.KillAsync();
        var lost = await Assert.ThrowsAsync<RpcException>(() => reply);
        Assert.That(lost!.StatusCode, Is.EqualTo(StatusCode.Unavailable).Or.EqualTo(StatusCode.Cancelled).Or.EqualTo(StatusCode.Internal));

        coordinator = await CoordinatorAsync(coordinator.Address!.Port);
        await NodeAsync(coordinator, "node-a");
        partner = PartnerOf(coordinator);
        var again = await partner.Quotes.CreateQuoteAsync(request);

        Assert.That(again.Name, Is.EqualTo(accepted[0].Name));
        Assert.That((await partner.WatchAsync(again.Name)).State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That(await partner.ListAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Quotes_that_waited_when_the_coordinator_was_killed_end_after_its_restart()
    {
        var coordinator = await CoordinatorAsync();
        var partner = PartnerOf(coordinator);
        var names = new List<string>();
        for (var seed = 1; seed <= 3; seed++)
        {
            var model = await partner.UploadAsync(GeneratedModel.Torus(60, 40, seed));
            names.Add((await partner.Quotes.CreateQuoteAsync(Partner.Request(model, Guid.NewGuid().ToString()))).Name);
        }
        await coordinator.KillAsync();
        // The server dies as well, as in a power cut: what was accepted was on disk.
        await _database.KillAsync();
        await _database.RestartAsync();

        coordinator = await CoordinatorAsync();
        await NodeAsync(coordinator, "node-a");
        partner = PartnerOf(coordinator);
        foreach (var name in names)
            Assert.That((await partner.WatchAsync(name)).State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That((await partner.ListAsync()).Select(quote => quote.Name), Is.EquivalentTo(names));
    }

    [Test]
    public async Task A_node_outlives_its_coordinator_and_serves_the_next_one_on_the_same_address()
    {
        var coordinator = await CoordinatorAsync();
        await NodeAsync(coordinator, "node-a");
        await coordinator.KillAsync();

        coordinator = await CoordinatorAsync(coordinator.Address!.Port);
        var partner = PartnerOf(coordinator);
        var model = await partner.UploadAsync(GeneratedModel.Torus(60, 40));
        var quote = await partner.Quotes.CreateQuoteAsync(Partner.Request(model, Guid.NewGuid().ToString()));
        Assert.That((await partner.WatchAsync(quote.Name)).State, Is.EqualTo(Quote.Types.State.Priced));
    }

    [Test]
    public async Task Asked_to_stop_a_coordinator_and_a_node_with_an_open_stream_leave_in_time_and_in_order()
    {
        var coordinator = await CoordinatorAsync();
        var node = await NodeAsync(coordinator, "node-a");
        // A priced quote proves that the stream between them is open.
        var partner = PartnerOf(coordinator);
        var model = await partner.UploadAsync(GeneratedModel.Torus(60, 40));
        var quote = await partner.Quotes.CreateQuoteAsync(Partner.Request(model, Guid.NewGuid().ToString()));
        await partner.WatchAsync(quote.Name);

        foreach (var process in new[] { node, coordinator })
        {
            var askedAt = Stopwatch.GetTimestamp();
            Assert.That(await process.TerminateAsync(), Is.Zero);
            // Three seconds are promised; the rest is for a machine that does other things as well.
            Assert.That(Stopwatch.GetElapsedTime(askedAt), Is.LessThan(TimeSpan.FromSeconds(6)));
        }
        Assert.That(_database.Pid, Is.Not.Null, "the coordinator was not the last user of the database");
    }

    [Test]
    public async Task A_coordinator_killed_in_the_middle_of_an_upload_that_reuses_chunks_has_lost_nothing_and_kept_nothing_half()
    {
        var coordinator = await CoordinatorAsync();
        var part = GeneratedModel.Torus(400, 150);
        var edited = part.ToArray();
        for (var at = part.Length / 4; at < part.Length / 2; at += 50)
            edited[at] ^= 1;
        await using (var client = new CountedClient(coordinator.Address!))
        {
            await client.UploadAsync(part);
            // Read once for its hashes; the kill comes when a part of what is to be sent has been.
            using var content = new PausingStream(edited, pauseAfterBytes: edited.Length + 200_000);
            using var given = new CancellationTokenSource();
            var upload = client.Models.UploadAsync(content, "part.stl", cancellation: given.Token);
            await content.Paused.WaitAsync(PricingProcess.Patience);
            await coordinator.KillAsync();
            await given.CancelAsync();
            content.Resume();
            await Assert.ThatAsync(() => upload, Throws.InstanceOf<OperationCanceledException>());
        }

        coordinator = await CoordinatorAsync();
        await using var again = new CountedClient(coordinator.Address!);
        var (result, _) = await again.UploadAsync(edited);
        Assert.That(result.AlreadyKnown, Is.False);
        Assert.That(result.BytesReused, Is.GreaterThan(edited.Length / 2), "the first part and its index are still there");
        Assert.That((await again.UploadAsync(part)).Result.AlreadyKnown);
        var left = Directory.GetFiles(_home.Folder, "*", SearchOption.AllDirectories).Where(f => f.Contains("/incoming/", StringComparison.Ordinal) && !f.EndsWith(".lock", StringComparison.Ordinal));
        Assert.That(left, Is.Empty);
    }

    async Task<PricingProcess> CoordinatorAsync(int port = 0)
    {
        var process = await PricingProcess.ServeAsync("coordinator", "--home", _home.Folder, "--listen", $"127.0.0.1:{port}");
        _processes.Add(process);
        return process;
    }

    async Task<PricingProcess> NodeAsync(PricingProcess coordinator, string name)
    {
        var process = await PricingProcess.ServeAsync(
            "node", "--home", _home.Folder, "--coordinator", coordinator.Address!.ToString(), "--node-name", name, "--threads", "1");
        _processes.Add(process);
        return process;
    }

    Partner PartnerOf(PricingProcess coordinator)
    {
        var partner = new Partner(coordinator.Address!);
        _partners.Add(partner);
        return partner;
    }
}
