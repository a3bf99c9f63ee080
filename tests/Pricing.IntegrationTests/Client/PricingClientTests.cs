using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Client;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Client;

/// <summary>The SDK against a platform that answers late, wrongly, or not at all.</summary>
[TestFixture]
[CancelAfter(120_000)]
public sealed class PricingClientTests
{
    static readonly Model AModel = new() { Name = "partners/local/models/abc", State = Model.Types.State.Stored };

    ScriptedPlatform _platform = null!;
    PricingClient _client = null!;
    readonly List<RetryNotice> _retries = [];

    Script Script => _platform.Script;

    [SetUp]
    public async Task Start()
    {
        _retries.Clear();
        _platform = await ScriptedPlatform.StartAsync();
        _client = new PricingClient(_platform.Address, new PricingClientOptions { OnRetry = _retries.Add });
    }

    [TearDown]
    public async Task Stop()
    {
        await _client.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Test]
    public async Task Unavailable_is_tried_again_with_the_same_request_id()
    {
        Script.CreateQuote = request => Script.CreateQuoteRequests.Count < 3
            ? throw Script.Failed(StatusCode.Unavailable)
            : Task.FromResult(new Quote { Name = "q", State = Quote.Types.State.Priced });

        var quote = await _client.Quotes.CreateAsync(AModel, new QuoteRequest { Quantities = [1] });

        Assert.That(quote.Name, Is.EqualTo("q"));
        Assert.That(Script.CreateQuoteRequests.Select(request => request.RequestId).Distinct().Count(), Is.EqualTo(1));
        Assert.That(Script.CreateQuoteRequests, Has.Count.EqualTo(3));
        Assert.That(_retries.Select(retry => (retry.Call, retry.Attempt)), Is.EqualTo(new[] { ("CreateQuote", 1), ("CreateQuote", 2) }));
    }

    [Test]
    public async Task Tries_are_bounded()
    {
        Script.CreateQuote = _ => throw Script.Failed(StatusCode.Unavailable);

        var error = await Assert.ThrowsAsync<PricingException>(() => _client.Quotes.CreateAsync(AModel, new QuoteRequest()));

        Assert.That(error!.Code, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(Script.CreateQuoteRequests, Has.Count.EqualTo(Limits.Client.AttemptsMax));
    }

    [TestCase(StatusCode.InvalidArgument)]
    [TestCase(StatusCode.ResourceExhausted)]
    [TestCase(StatusCode.Internal)]
    [TestCase(StatusCode.DeadlineExceeded)]
    public async Task Nothing_else_is_tried_again(StatusCode code)
    {
        Script.CreateQuote = _ => throw Script.Failed(code);

        await Assert.ThatAsync(() => _client.Quotes.CreateAsync(AModel, new QuoteRequest()), Throws.TypeOf<PricingException>().With.Property("Code").EqualTo(code));
        Assert.That(Script.CreateQuoteRequests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_platform_that_is_not_there_is_unavailable_within_the_bound()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        await using var client = new PricingClient(new Uri($"http://127.0.0.1:{port}"));

        await Assert.ThatAsync(() => client.Quotes.GetAsync("q"), Throws.TypeOf<PricingException>().With.Property("Reason").EqualTo("UNAVAILABLE"));
    }

    [Test]
    public async Task Known_bytes_are_not_sent()
    {
        Script.CreateModel = request => Task.FromResult(new Model { Name = "known", Sha256 = request.Sha256, State = Model.Types.State.Stored });
        using var content = new MemoryStream([1, 2, 3]);

        var upload = await _client.Models.UploadAsync(content, "part.stl");

        Assert.That(upload.AlreadyKnown, Is.True);
        Assert.That(upload.Model.Sha256, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData([1, 2, 3]))));
    }

    [Test]
    public async Task Bytes_arrive_whole_in_small_chunks_also_after_a_lost_upload()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var bytes = new byte[1_000_003];
        new Random(seed).NextBytes(bytes);
        byte[]? arrived = null;
        var tries = 0;
        Script.UploadModel = async requests =>
        {
            var first = ++tries == 1;
            using var received = new MemoryStream();
            Assert.That(await requests.MoveNext(CancellationToken.None), Is.True);
            var header = requests.Current.Header;
            while (await requests.MoveNext(CancellationToken.None))
            {
                Assert.That(requests.Current.Chunk.Length, Is.LessThanOrEqualTo(Limits.Wire.ChunkBytes));
                received.Write(requests.Current.Chunk.Span);
                if (first && received.Length > 200_000)
                    throw Script.Failed(StatusCode.Unavailable);
            }
            arrived = received.ToArray();
            return new Model { Sha256 = header.Sha256, SizeBytes = header.SizeBytes, State = Model.Types.State.Stored };
        };
        using var content = new MemoryStream(bytes);

        var upload = await _client.Models.UploadAsync(content, "part.stl");

        Assert.That(tries, Is.EqualTo(2));
        Assert.That(arrived, Is.EqualTo(bytes));
        Assert.That(upload.Model.SizeBytes, Is.EqualTo(bytes.Length));
        Assert.That(upload.AlreadyKnown, Is.False);
    }

    /// <summary>The transport reports an early end of a client stream in many shapes; the true status is in the response only.</summary>
    [Test]
    [Repeat(20)]
    public async Task An_early_refusal_of_an_upload_arrives_as_what_it_is()
    {
        Script.UploadModel = async requests =>
        {
            await requests.MoveNext(CancellationToken.None);
            throw Script.Failed(StatusCode.ResourceExhausted, "too many uploads");
        };
        using var content = new MemoryStream(new byte[4 << 20]);

        var error = await Assert.ThrowsAsync<PricingException>(() => _client.Models.UploadAsync(content, "part.stl"));

        Assert.That(error!.Code, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(error.Message, Is.EqualTo("too many uploads"));
    }

    [Test]
    public async Task A_model_above_the_limit_is_refused_before_a_byte_is_read()
    {
        using var content = new ImmenseStream(Limits.Mesh.FileBytesMax + 1);

        var error = await Assert.ThrowsAsync<PricingException>(() => _client.Models.UploadAsync(content, "part.stl"));

        Assert.That(error!.Reason, Is.EqualTo("MODEL_TOO_LARGE"));
        Assert.That(error.Actual, Is.EqualTo($"{Limits.Mesh.FileBytesMax + 1} bytes"));
        Assert.That(content.BytesRead, Is.Zero);
    }

    [Test]
    public async Task A_lost_watch_is_taken_up_again_and_ends_with_the_quote()
    {
        var watches = 0;
        Script.CreateQuote = _ => Task.FromResult(new Quote { Name = "q", State = Quote.Types.State.Measuring });
        Script.WatchQuote = async (responses, ended) =>
        {
            watches++;
            await responses.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress { BytesDone = watches } }, ended);
            if (watches < 3)
                throw Script.Failed(StatusCode.Unavailable);
            await responses.WriteAsync(new WatchQuoteResponse { Heartbeat = new Heartbeat() }, ended);
            await responses.WriteAsync(new WatchQuoteResponse { Quote = new Quote { Name = "q", State = Quote.Types.State.Priced } }, ended);
        };
        var progress = new Collected();

        var quote = await _client.Quotes.PriceAsync(AModel, new QuoteRequest(), progress);

        Assert.That(quote.State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That(progress.Seen.Select(seen => seen.BytesDone), Is.EqualTo(new long[] { 1, 2, 3 }), "heartbeats are not progress");
    }

    [Test]
    public async Task A_watch_that_is_lost_again_and_again_ends()
    {
        Script.WatchQuote = (_, _) => throw Script.Failed(StatusCode.Unavailable);

        await Assert.ThrowsAsync<PricingException>(async () =>
        {
            await foreach (var _ in _client.Quotes.WatchAsync("q"))
                Assert.Fail("nothing was sent");
        });
        Assert.That(_retries, Has.Count.EqualTo(Limits.Client.AttemptsMax - 1));
    }

    [Test]
    public async Task Cancelling_is_a_cancellation_not_a_failure()
    {
        using var cancel = new CancellationTokenSource();
        Script.CreateQuote = _ => Task.FromResult(new Quote { Name = "q", State = Quote.Types.State.Measuring });
        Script.WatchQuote = async (responses, ended) =>
        {
            await responses.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress() }, ended);
            await cancel.CancelAsync();
            await Task.WhenAny(Ended(ended));
        };

        await Assert.ThatAsync(() => _client.Quotes.PriceAsync(AModel, new QuoteRequest(), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_retries, Is.Empty);

        static Task Ended(CancellationToken token)
        {
            var ended = new TaskCompletionSource();
            token.Register(() => ended.TrySetResult());
            return ended.Task;
        }
    }

    [Test]
    public async Task Lists_are_paged_by_themselves()
    {
        Script.ListQuotes = request => Task.FromResult(request.PageToken switch
        {
            "" => new ListQuotesResponse { Quotes = { new Quote { Name = "a" }, new Quote { Name = "b" } }, NextPageToken = "2" },
            "2" => new ListQuotesResponse { Quotes = { new Quote { Name = "c" } } },
            _ => throw Script.Failed(StatusCode.InvalidArgument),
        });

        var names = new List<string>();
        await foreach (var quote in _client.Quotes.ListAsync())
            names.Add(quote.Name);

        Assert.That(names, Is.EqualTo(new[] { "a", "b", "c" }));
    }

    sealed class Collected : IProgress<QuoteProgress>
    {
        public List<QuoteProgress> Seen { get; } = [];

        public void Report(QuoteProgress value) => Seen.Add(value);
    }

    /// <summary>A stream that is long and counts who reads it.</summary>
    sealed class ImmenseStream(long length) : Stream
    {
        public long BytesRead { get; private set; }
        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get; set; }
        public override int Read(byte[] buffer, int offset, int count)
        {
            BytesRead += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
