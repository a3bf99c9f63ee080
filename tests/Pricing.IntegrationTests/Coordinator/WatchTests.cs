using System.Diagnostics;
using System.Security.Cryptography;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;
using Stage = Pricing.Quoting.V1.QuoteProgress.Types.Stage;

namespace Pricing.IntegrationTests.Coordinator;

[TestFixture]
public sealed class WatchTests
{
    CoordinatorServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await CoordinatorServer.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task A_watcher_sees_queue_bytes_and_the_end(CancellationToken cancel)
    {
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        var bytes = RandomNumberGenerator.GetBytes(500_000);
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync(bytes)), cancellationToken: cancel);
        using var watch = _server.Quotes.WatchQuote(new WatchQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        var frames = watch.ResponseStream;

        var first = await NextProgressAsync(frames, cancel);
        Assert.That((first.Stage, first.QueuePosition, first.BytesTotal), Is.EqualTo((Stage.Queued, 2L, 500_000L)));

        await using var node = await ScriptedNode.ConnectAsync(_server, 2);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        var job = await node.NextJobAsync(cancel);
        await node.ProgressAsync(job.Assign, 250_000);
        var half = await UntilAsync(frames, p => p.BytesDone == 250_000, cancel);
        Assert.That((half.Stage, half.Attempt), Is.EqualTo((Stage.Measuring, 1u)));
        Assert.That(half.Fraction, Is.EqualTo(0.45).Within(0.001));
        await node.ProgressAsync(job.Assign, 500_000);
        Assert.That((await UntilAsync(frames, p => p.BytesDone == 500_000, cancel)).Stage, Is.EqualTo(Stage.Estimating));

        await node.CompleteAsync(job);
        WatchQuoteResponse last;
        do
        {
            Assert.That(await frames.MoveNext(cancel), Is.True);
            last = frames.Current;
        }
        while (last.EventCase is not WatchQuoteResponse.EventOneofCase.Quote);
        Assert.That(last.Quote.State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That(await frames.MoveNext(cancel), Is.False, "the quote is the last frame");
    }

    [Test, CancelAfter(60_000)]
    public async Task An_ended_quote_is_the_only_frame(CancellationToken cancel)
    {
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        await _server.Quotes.CancelQuoteAsync(new CancelQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        using var watch = _server.Quotes.WatchQuote(new WatchQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        Assert.That(await watch.ResponseStream.MoveNext(cancel), Is.True);
        Assert.That(watch.ResponseStream.Current.Quote.State, Is.EqualTo(Quote.Types.State.Cancelled));
        Assert.That(await watch.ResponseStream.MoveNext(cancel), Is.False);
    }

    [Test, CancelAfter(60_000)]
    public async Task Streams_end_as_unavailable_when_the_coordinator_stops(CancellationToken cancel)
    {
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        using var watch = _server.Quotes.WatchQuote(new WatchQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        Assert.That(await watch.ResponseStream.MoveNext(cancel), Is.True);
        using var bulk = _server.Quotes.StreamQuotes(cancellationToken: cancel);
        await bulk.RequestStream.WriteAsync(new StreamQuotesRequest { Request = Ask(quote.Model) }, cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        await node.NextJobAsync(cancel);

        var clock = Stopwatch.StartNew();
        _server.BeginStop();
        var watchEnd = await EndOfAsync(watch.ResponseStream, cancel);
        var bulkEnd = await EndOfAsync(bulk.ResponseStream, cancel);
        var nodeEnd = await node.Ended;
        await node.Drained;
        await _server.StopAsync();

        Assert.That((watchEnd.StatusCode, ReasonOf(watchEnd)), Is.EqualTo((StatusCode.Unavailable, "SHUTTING_DOWN")));
        Assert.That((bulkEnd.StatusCode, ReasonOf(bulkEnd)), Is.EqualTo((StatusCode.Unavailable, "SHUTTING_DOWN")));
        Assert.That(nodeEnd!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(clock.ElapsedMilliseconds, Is.LessThan(2 * Limits.Wire.ShutdownMs), "twice the bound: the machine may be busy");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_quote_that_ends_on_another_coordinator_is_seen(CancellationToken cancel)
    {
        await using var other = await CoordinatorServer.StartAsync(_server.Options);
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        using var watch = _server.Quotes.WatchQuote(new WatchQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        Assert.That(await watch.ResponseStream.MoveNext(cancel), Is.True);
        await using var node = await ScriptedNode.ConnectAsync(other, 1);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        var last = new WatchQuoteResponse();
        await foreach (var frame in watch.ResponseStream.ReadAllAsync(cancel))
            last = frame;
        Assert.That(last.Quote?.State, Is.EqualTo(Quote.Types.State.Priced));
    }

    static async Task<RpcException> EndOfAsync<T>(IAsyncStreamReader<T> stream, CancellationToken cancel)
    {
        try
        {
            while (await stream.MoveNext(cancel))
                cancel.ThrowIfCancellationRequested();
        }
        catch (RpcException e)
        {
            return e;
        }
        throw new AssertionException("The stream ended well although the coordinator stopped.");
    }

    static async Task<QuoteProgress> NextProgressAsync(IAsyncStreamReader<WatchQuoteResponse> frames, CancellationToken cancel) => await UntilAsync(frames, _ => true, cancel);

    static async Task<QuoteProgress> UntilAsync(IAsyncStreamReader<WatchQuoteResponse> frames, Func<QuoteProgress, bool> wanted, CancellationToken cancel)
    {
        while (await frames.MoveNext(cancel))
        {
            if (frames.Current.Progress is { } progress && wanted(progress))
                return progress;
        }
        throw new AssertionException("The stream ended before the wanted progress.");
    }
}
