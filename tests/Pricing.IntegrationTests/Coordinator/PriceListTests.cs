using System.Security.Cryptography;
using Grpc.Core;
using Npgsql;
using NUnit.Framework;
using Pricing.Catalog.V1;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;
using PriceList = Pricing.Catalog.V1.PriceList;

namespace Pricing.IntegrationTests.Coordinator;

[TestFixture]
public sealed class PriceListTests
{
    CoordinatorServer _server = null!;
    PriceList _standard = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _server = await CoordinatorServer.StartAsync();
        _standard = await _server.PriceLists.GetPriceListAsync(new GetPriceListRequest { Name = "priceLists/standard/versions/active" });
    }

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task The_standard_list_is_published_at_the_first_start_only(CancellationToken cancel)
    {
        Assert.That(_standard.State, Is.EqualTo(PriceList.Types.State.Published));
        await using var second = await CoordinatorServer.StartAsync(_server.Options);
        Assert.That((await second.PriceLists.ListPriceListsAsync(new ListPriceListsRequest(), cancellationToken: cancel)).PriceLists, Has.Count.EqualTo(1));
        var processes = await second.PriceLists.ListProcessesAsync(new ListProcessesRequest(), cancellationToken: cancel);
        Assert.That(processes.Processes.Select(p => p.Process_), Does.Contain("fdm").And.Contain("casting"));
        Assert.That(processes.Processes.All(p => p.Materials.Count > 0), Is.True);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_faulty_document_is_answered_with_all_its_faults_and_not_stored(CancellationToken cancel)
    {
        var answer = await _server.PriceLists.CreatePriceListAsync(new CreatePriceListRequest { Document = "id: broken\nversion: -1\n" }, cancellationToken: cancel);
        Assert.That(answer.PriceList, Is.Null);
        Assert.That(answer.Faults, Has.Count.GreaterThan(1));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from price_list"), Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_published_draft_prices_new_quotes_and_leaves_earlier_ones_alone(CancellationToken cancel)
    {
        var model = await _server.UploadAsync(RandomNumberGenerator.GetBytes(100));
        var waiting = await _server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel);
        var draft = await _server.PriceLists.CreatePriceListAsync(
            new CreatePriceListRequest { Document = NextVersion(), BasedOn = _standard.Name }, cancellationToken: cancel);
        Assert.That(draft.Faults, Is.Empty, draft.Faults.ToString());
        Assert.That(draft.PriceList.State, Is.EqualTo(PriceList.Types.State.Draft));
        var stale = await Assert.ThrowsAsync<RpcException>(async () => await PublishAsync(draft.PriceList, "someone-else"));
        Assert.That(ReasonOf(stale!), Is.EqualTo("ETAG_MISMATCH"));

        var published = await PublishAsync(draft.PriceList, draft.PriceList.Etag);
        Assert.That(published.State, Is.EqualTo(PriceList.Types.State.Published));
        Assert.That(await PublishAsync(draft.PriceList, draft.PriceList.Etag), Is.EqualTo(published), "publishing twice is publishing once");
        Assert.That((await _server.PriceLists.GetPriceListAsync(new GetPriceListRequest { Name = _standard.Name }, cancellationToken: cancel)).State, Is.EqualTo(PriceList.Types.State.Retired));

        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        var later = await _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        Assert.That(later.PriceListVersion, Is.EqualTo(published.Name));
        Assert.That((await _server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = waiting.Name }, cancellationToken: cancel)).PriceListVersion, Is.EqualTo(_standard.Name));
    }

    [Test, CancelAfter(60_000)]
    public async Task Another_document_under_an_existing_version_is_refused(CancellationToken cancel)
    {
        var request = new CreatePriceListRequest { Document = NextVersion() };
        var first = await _server.PriceLists.CreatePriceListAsync(request, cancellationToken: cancel);
        Assert.That((await _server.PriceLists.CreatePriceListAsync(request, cancellationToken: cancel)).PriceList, Is.EqualTo(first.PriceList));
        request.Document += "\n# changed\n";
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await _server.PriceLists.CreatePriceListAsync(request));
        Assert.That((refusal!.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.AlreadyExists, "PRICE_LIST_VERSION_EXISTS")));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_published_version_never_changes(CancellationToken cancel)
    {
        var change = await Assert.ThrowsAsync<PostgresException>(() => _server.ExecuteAsync("update price_list set document = 'free'"));
        Assert.That(change!.SqlState, Is.EqualTo(PostgresErrorCodes.CheckViolation));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_diff_names_each_changed_path_and_a_simulation_prices_stored_measurements_again(CancellationToken cancel)
    {
        var model = await _server.UploadAsync(RandomNumberGenerator.GetBytes(100));
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var asking = _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        var before = decimal.Parse((await asking).Prices[0].Total.Amount, System.Globalization.CultureInfo.InvariantCulture);
        var draft = await _server.PriceLists.CreatePriceListAsync(new CreatePriceListRequest { Document = NextVersion() }, cancellationToken: cancel);

        var diff = await _server.PriceLists.DiffPriceListsAsync(
            new DiffPriceListsRequest { FromName = _standard.Name, ToName = draft.PriceList.Name }, cancellationToken: cancel);
        Assert.That(diff.Changes.Select(c => (c.Path, c.FromValue, c.ToValue)), Is.EqualTo(new[] { ("version", "1", "2") }));

        using var simulation = _server.PriceLists.SimulatePriceList(new SimulatePriceListRequest { Name = draft.PriceList.Name }, cancellationToken: cancel);
        SimulatePriceListResponse? last = null;
        await foreach (var frame in simulation.ResponseStream.ReadAllAsync(cancel))
            last = frame;
        Assert.That((last!.QuotesDone, last.QuotesTotal), Is.EqualTo((1L, 1L)));
        Assert.That(decimal.Parse(last.RevenueBefore.Amount, System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(before));
        Assert.That(last.RevenueAfter, Is.EqualTo(last.RevenueBefore), "the same rates give the same price");
    }

    /// <summary>The standard document as its own next version, rates unchanged.</summary>
    string NextVersion()
    {
        var lines = _standard.Document.Split('\n');
        var at = Array.FindIndex(lines, l => l.StartsWith("version:", StringComparison.Ordinal));
        lines[at] = "version: 2";
        return string.Join('\n', lines);
    }

    async Task<PriceList> PublishAsync(PriceList list, string etag) =>
        await _server.PriceLists.PublishPriceListAsync(new PublishPriceListRequest { Name = list.Name, Etag = etag });
}
