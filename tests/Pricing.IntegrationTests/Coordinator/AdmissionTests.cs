using System.Net;
using System.Text;
using Google.Rpc;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Facade;
using Pricing.IntegrationTests.Servers;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;
using RpcStatus = Google.Rpc.Status;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>Overload over the wire: what is refused, what never is, and what the refusal says.</summary>
[TestFixture]
public sealed class AdmissionTests
{
    [Test, CancelAfter(120_000)]
    public async Task A_full_lane_refuses_new_work_at_once_and_nothing_else(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync(options => options with { QueuedPerLane = 4 });
        var known = await MeasuredAsync(server, [1], cancel);
        var waiting = Ask(await server.UploadAsync([2]));
        await server.Quotes.CreateQuoteAsync(waiting, cancellationToken: cancel);
        // How many wait is a snapshot and what was added since, which for a moment may count one job twice: the fourth may be one too many.
        var (accepted, refused, refusal) = (2, waiting, default(RpcException));
        for (byte i = 3; refusal is null; i++)
        {
            refused = Ask(await server.UploadAsync([i]));
            refusal = await MaybeRefusedAsync(server, refused, cancel);
            accepted += refusal is null ? 1 : 0;
        }
        Assert.That(accepted, Is.InRange(4, 5), "the known one, and three or four that wait");
        var info = InfoOf(refusal);
        Assert.That((refusal.StatusCode, info.Type, info.Metadata["limit"]), Is.EqualTo((StatusCode.ResourceExhausted, "QUEUE_FULL", "4 jobs")));
        Assert.That(info.Metadata["actual"], Is.EqualTo("4 jobs").Or.EqualTo("5 jobs"));
        Assert.That(RetryDelayOf(refusal), Is.InRange(Limits.Job.RetryAfterSecondsMin, Limits.Job.RetryAfterSecondsMax));
        Assert.That(await server.ScalarAsync<long>("select count(*) from quote"), Is.EqualTo(accepted), "nothing of the refused one is left");
        Assert.That(await server.ScalarAsync<long>("select count(*) from request where request_id = '" + refused.RequestId + "'"), Is.Zero);

        Assert.That((await server.Quotes.CreateQuoteAsync(Ask(known, quantities: 5), cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Priced),
            "a known measurement is never refused");
        Assert.That((await server.Quotes.CreateQuoteAsync(waiting, cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Measuring), "nor a repeated request");
        Assert.That((await server.Quotes.CreateQuoteAsync(Ask(waiting.Quote.Model, quantities: 7), cancellationToken: cancel)).State,
            Is.EqualTo(Quote.Types.State.Measuring), "nor who joins a job that waits already");

        await server.Ops.UpdatePartnerTermsAsync(Terms("contract", Ops.V1.Lane.B2B, 1), cancellationToken: cancel);
        var contract = await server.UploadAsync([6], "partners/contract");
        await EventuallyAcceptedAsync(server, contract, cancel);
    }

    [Test, CancelAfter(120_000)]
    public async Task One_partner_cannot_fill_a_lane(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync(options => options with { QueuedPerPartner = 2 });
        for (byte i = 1; i <= 2; i++)
            await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([i])), cancellationToken: cancel);
        var info = InfoOf(await EventuallyRefusedAsync(server, 3, cancel));
        Assert.That((info.Type, info.Metadata["limit"]), Is.EqualTo(("QUEUE_FULL", "2 jobs")));
        var other = await server.UploadAsync([1, 1, 1], "partners/other");
        Assert.That((await server.Quotes.CreateQuoteAsync(Ask(other), cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Measuring));
    }

    [Test, CancelAfter(120_000)]
    public async Task Who_would_wait_past_the_deadline_is_told_so_and_when_to_come_back(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        // One job's time makes the rate known, one job in service makes it more than nothing.
        await using var node = await ScriptedNode.ConnectAsync(server, 2);
        await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([1])), cancellationToken: cancel);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([2])), cancellationToken: cancel);
        await node.NextJobAsync(cancel);
        var waiting = await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([3])), cancellationToken: cancel);
        // What waits would take the pool for ever.
        await server.ExecuteAsync("update job set cost = 1000000000000000 where state = 'available'");

        var refusal = await EventuallyRefusedAsync(server, 4, cancel);
        var info = InfoOf(refusal);
        Assert.That((refusal.StatusCode, info.Type, info.Metadata["field"], info.Metadata["limit"], info.Metadata["actual"]),
            Is.EqualTo((StatusCode.ResourceExhausted, "WAIT_TOO_LONG", "deadline_time", $"{Limits.Quote.DeadlineSeconds} s", $"{Limits.Job.PredictedWaitSecondsMax} s")));
        Assert.That(RetryDelayOf(refusal), Is.EqualTo(Limits.Job.RetryAfterSecondsMax));

        using var watch = server.Quotes.WatchQuote(new WatchQuoteRequest { Name = waiting.Name }, cancellationToken: cancel);
        Assert.That(await watch.ResponseStream.MoveNext(cancel), Is.True);
        var progress = watch.ResponseStream.Current.Progress;
        Assert.That((progress.QueuePosition, progress.StartEta?.Seconds), Is.EqualTo((1L, 0L)), "next, and so to begin at once");
    }

    [Test, CancelAfter(120_000)]
    public async Task Over_rest_a_full_queue_is_429_with_retry_after(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync(options => options with { QueuedPerLane = 0 });
        await using var facade = await FacadeUnderTest.StartAsync(server.Address);
        var model = await server.UploadAsync([1]);
        using var body = new StringContent($$"""{"model": "{{model[^64..]}}", "configurations": [{"process": "sla"}], "quantities": [1]}""", Encoding.UTF8, "application/json");
        using var answer = await facade.Http.PostAsync(new Uri("/v1/quotes", UriKind.Relative), body, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests), await answer.Content.ReadAsStringAsync(cancel));
        Assert.That(answer.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(Limits.Job.RetryAfterSecondsUnknown)));
        Assert.That(await answer.Content.ReadAsStringAsync(cancel), Does.Contain("QUEUE_FULL"));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_watcher_sees_his_place_in_his_own_lane(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        await server.Ops.UpdatePartnerTermsAsync(Terms("contract", Ops.V1.Lane.B2B, 1), cancellationToken: cancel);
        for (byte i = 1; i <= 4; i++)
        {
            await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([i])), cancellationToken: cancel);
            await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([i, i], "partners/contract")), cancellationToken: cancel);
        }
        var late = await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([9], "partners/late")), cancellationToken: cancel);
        using var watch = server.Quotes.WatchQuote(new WatchQuoteRequest { Name = late.Name }, cancellationToken: cancel);
        Assert.That(await watch.ResponseStream.MoveNext(cancel), Is.True);
        Assert.That(watch.ResponseStream.Current.Progress.QueuePosition, Is.EqualTo(2), "behind one job of the other partner in his lane, not four, and none of the other lane");
    }

    [Test, CancelAfter(120_000)]
    public async Task Terms_are_set_listed_and_checked(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        Assert.That((await server.Ops.ListPartnerTermsAsync(new ListPartnerTermsRequest(), cancellationToken: cancel)).PartnerTerms, Is.Empty);
        foreach (var partner in new[] { "b", "a", "c" })
            await server.Ops.UpdatePartnerTermsAsync(Terms(partner, Ops.V1.Lane.B2B, 7), cancellationToken: cancel);
        await server.Ops.UpdatePartnerTermsAsync(Terms("b", Ops.V1.Lane.B2C, 100), cancellationToken: cancel);
        var first = await server.Ops.ListPartnerTermsAsync(new ListPartnerTermsRequest { PageSize = 2 }, cancellationToken: cancel);
        var rest = await server.Ops.ListPartnerTermsAsync(new ListPartnerTermsRequest { PageSize = 2, PageToken = first.NextPageToken }, cancellationToken: cancel);
        Assert.That(first.PartnerTerms.Concat(rest.PartnerTerms).Select(t => (t.Name, t.Lane, t.Weight)), Is.EqualTo(new[]
        {
            ("partners/a/terms", Ops.V1.Lane.B2B, 7), ("partners/b/terms", Ops.V1.Lane.B2C, 100), ("partners/c/terms", Ops.V1.Lane.B2B, 7),
        }));
        Assert.That(rest.NextPageToken, Is.Empty);
    }

    [TestCase("partners/a/terms", Ops.V1.Lane.B2B, 0, "WEIGHT_OUT_OF_RANGE", "partner_terms.weight")]
    [TestCase("partners/a/terms", Ops.V1.Lane.B2B, 101, "WEIGHT_OUT_OF_RANGE", "partner_terms.weight")]
    [TestCase("partners/a/terms", Ops.V1.Lane.Unspecified, 1, "LANE_UNKNOWN", "partner_terms.lane")]
    [TestCase("partners/a/terms", (Ops.V1.Lane)9, 1, "LANE_UNKNOWN", "partner_terms.lane")]
    [TestCase("partners/a", Ops.V1.Lane.B2B, 1, "NAME_INVALID", "partner_terms.name")]
    [TestCase("partners/A B/terms", Ops.V1.Lane.B2B, 1, "NAME_INVALID", "partner_terms.name")]
    [CancelAfter(120_000)]
    public async Task Terms_that_make_no_sense_are_refused(string name, Ops.V1.Lane lane, int weight, string reason, string field)
    {
        await using var server = await CoordinatorServer.StartAsync();
        var request = new UpdatePartnerTermsRequest { PartnerTerms = new PartnerTerms { Name = name, Lane = lane, Weight = weight } };
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await server.Ops.UpdatePartnerTermsAsync(request));
        Assert.That((refusal!.StatusCode, ReasonOf(refusal), InfoOf(refusal).Metadata["field"]), Is.EqualTo((StatusCode.InvalidArgument, reason, field)));
        Assert.That(await server.ScalarAsync<long>("select count(*) from partner_terms"), Is.Zero);
    }

    [Test, CancelAfter(120_000)]
    public async Task A_node_of_a_lane_that_does_not_exist_is_refused_and_one_of_a_lane_gets_that_lanes_jobs(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await ScriptedNode.ConnectAsync(server, 1, lanes: ["gold"]));
        Assert.That((ReasonOf(refusal!), InfoOf(refusal!).Metadata["field"]), Is.EqualTo(("LANE_UNKNOWN", "hello.lanes")));

        await server.Ops.UpdatePartnerTermsAsync(Terms("contract", Ops.V1.Lane.B2B, 1), cancellationToken: cancel);
        await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([1])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(server, 4, lanes: ["b2b"]);
        await server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync([2, 2], "partners/contract")), cancellationToken: cancel);
        Assert.That((await node.NextJobAsync(cancel)).Bytes, Is.EqualTo(new byte[] { 2, 2 }), "the shop's job is older and stays where it is");
        await using var other = await ScriptedNode.ConnectAsync(server, 1, lanes: ["b2b", "b2c"], name: "both");
        Assert.That((await other.NextJobAsync(cancel)).Bytes, Is.EqualTo(new byte[] { 1 }));
    }

    static UpdatePartnerTermsRequest Terms(string partner, Ops.V1.Lane lane, int weight) =>
        new() { PartnerTerms = new PartnerTerms { Name = $"partners/{partner}/terms", Lane = lane, Weight = weight } };

    static async Task<string> MeasuredAsync(CoordinatorServer server, byte[] bytes, CancellationToken cancel)
    {
        var model = await server.UploadAsync(bytes);
        var asking = server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(server, 1);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        Assert.That((await asking).State, Is.EqualTo(Quote.Types.State.Priced));
        return model;
    }

    /// <summary>Null when it was accepted.</summary>
    static async Task<RpcException?> MaybeRefusedAsync(CoordinatorServer server, CreateQuoteRequest request, CancellationToken cancel)
    {
        try
        {
            await server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel);
            return null;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.ResourceExhausted)
        {
            return e;
        }
    }

    /// <summary>Asks with one new model after another until the coordinator's snapshot of the queue says no.</summary>
    static async Task<RpcException> EventuallyRefusedAsync(CoordinatorServer server, int firstModel, CancellationToken cancel)
    {
        for (var i = firstModel; ; i++)
        {
            var model = await server.UploadAsync(BitConverter.GetBytes(i << 8));
            try
            {
                var quote = await server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel);
                await server.Quotes.CancelQuoteAsync(new CancelQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.ResourceExhausted)
            {
                return e;
            }
        }
    }

    /// <summary>Asks until the coordinator has heard of the partner's new terms.</summary>
    static async Task EventuallyAcceptedAsync(CoordinatorServer server, string model, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel);
                return;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.ResourceExhausted)
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
    }

    static long RetryDelayOf(RpcException refusal) =>
        RpcStatus.Parser.ParseFrom(refusal.Trailers.GetValueBytes("grpc-status-details-bin")).Details
            .First(d => d.Is(RetryInfo.Descriptor)).Unpack<RetryInfo>().RetryDelay.Seconds;
}
