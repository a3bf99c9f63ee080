using System.Runtime.Versioning;
using NUnit.Framework;
using Pricing.Client;
using Pricing.Coordinator.Embedded;
using Pricing.IntegrationTests.Embedded;
using Pricing.IntegrationTests.Models;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Processes;

/// <summary>A partner's rush hour against real processes: everything at once, few models, one node, some files that are broken.</summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[NonParallelizable]
sealed class ManyQuotesTests
{
    const int QuotesAtOnce = 200;
    const int GoodModels = 50;
    const int BadModels = 5;

    [Test]
    public async Task Two_hundred_quotes_at_once_all_end_and_each_model_is_measured_once()
    {
        using var home = new ClusterHome();
        await using var database = await home.StartAsync();
        await using var coordinator = await PricingProcess.ServeAsync("coordinator", "--home", home.Folder, "--listen", "127.0.0.1:0");
        await using var node = await PricingProcess.ServeAsync(
            "node", "--home", home.Folder, "--coordinator", coordinator.Address!.ToString(), "--node-name", "only-node", "--threads", "1");
        await using var client = new PricingClient(coordinator.Address!);
        var models = Enumerable.Range(0, GoodModels).Select(Good).Concat(Enumerable.Range(0, BadModels).Select(Bad)).ToList();

        // Each asks like a partner who knows nothing of the others: send the file, ask, stay until the end. All leave the gate together.
        using var patience = new CancellationTokenSource(PricingProcess.Patience);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = Enumerable.Range(0, QuotesAtOnce).Select(async index =>
        {
            await gate.Task;
            var model = index % models.Count;
            var upload = await client.Models.UploadAsync(new MemoryStream(models[model]), $"part-{model}.stl", cancellation: patience.Token);
            var quote = await client.Quotes.PriceAsync(upload.Model, new QuoteRequest { Quantities = [1, 100] }, cancellation: patience.Token);
            return (Model: model, Quote: quote);
        }).ToList();
        gate.SetResult();
        var asked = await Task.WhenAll(asking);

        foreach (var (model, quote) in asked)
        {
            Assert.That(quote.State, Is.EqualTo(model < GoodModels ? Quote.Types.State.Priced : Quote.Types.State.Failed), $"model {model}: {quote.Failure}");
            if (model >= GoodModels)
                Assert.That(quote.Failure.Reason, Is.EqualTo("COORDINATE_NOT_FINITE"));
        }
        foreach (var same in asked.Where(answer => answer.Model < GoodModels).GroupBy(answer => answer.Model))
            Assert.That(same.Select(answer => (answer.Quote.Measurement.Digest, Totals: string.Join(' ', answer.Quote.Prices.Select(price => price.Total?.Amount ?? "none")))).Distinct(),
                Has.Exactly(1).Items, "the same model costs the same, whoever asked first");

        // Nothing was lost and nothing was made up: what the platform lists is what was asked for.
        var listed = new List<string>();
        await foreach (var quote in client.Quotes.ListAsync(patience.Token))
            listed.Add(quote.Name);
        Assert.That(listed, Is.EquivalentTo(asked.Select(answer => answer.Quote.Name)).And.Unique);

        Assert.That(await CountAsync(database, "quote where state = 'measuring'"), Is.Zero);
        Assert.That(await CountAsync(database, "measurement"), Is.EqualTo(GoodModels));
        // On a slow machine the first jobs are in the archive by now.
        const string Leases = "(select outcome from job_attempt union all select l ->> 'outcome' from job_done d, jsonb_array_elements(d.leases) l) as lease";
        Assert.That(await CountAsync(database, "job_history where state = 'completed'"), Is.EqualTo(GoodModels));
        Assert.That(await CountAsync(database, $"{Leases} where outcome = 'completed'"), Is.EqualTo(GoodModels));
        Assert.That(await CountAsync(database, "job_history where state not in ('completed', 'failed')"), Is.Zero);
        Assert.That(await CountAsync(database, $"{Leases} where outcome is null or outcome not in ('completed', 'model_failed')"), Is.Zero,
            "no lease was lost on the way");
    }

    static byte[] Good(int index) => GeneratedModel.Torus(40, 24, seed: index, majorMm: 20 + index);

    /// <summary>One corner that is no number, in the middle of the file: the node finds it, nobody before.</summary>
    static byte[] Bad(int index)
    {
        var file = GeneratedModel.Torus(40, 24, seed: GoodModels + index);
        BitConverter.TryWriteBytes(file.AsSpan(84 + (50 * (500 + index)) + 12), float.NaN);
        return file;
    }

    static async Task<long> CountAsync(EmbeddedPostgres database, string what) => (long)(await ClusterHome.AskAsync(database, $"select count(*) from {what}"))!;
}
