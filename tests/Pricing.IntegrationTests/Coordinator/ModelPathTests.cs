using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.IntegrationTests.Models;
using Pricing.IntegrationTests.Servers;
using Pricing.Node;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;
using PartMeasurer = Pricing.Geometry.PartMeasurer;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>The ways of a model's bytes: resumed after a break, spared when a node has them, measured while they come, shared by coordinators, waiting for a bucket.</summary>
[TestFixture]
[CancelAfter(120_000)]
public sealed class ModelPathTests
{
    static readonly byte[] Part = GeneratedModel.Torus(400, 150);

    [Test]
    public async Task A_broken_upload_goes_on_where_it_was_for_its_partner_and_nobody_else(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        var header = await HeaderAsync(Part);
        await BreakAfterAsync(server, header, Part.Length * 2 / 3, cancel);

        // The coordinator notices in its own time; asking it is how we wait.
        var missing = header.Chunks.Count;
        while (missing == header.Chunks.Count)
            missing = await MissingAsync(server, Partner, header);
        Assert.That(missing, Is.LessThan(header.Chunks.Count / 2));
        Assert.That(await MissingAsync(server, "partners/other", header), Is.EqualTo(header.Chunks.Count), "another partner is told of nothing");
        await using (var other = new CountedClient(server.Address, "partners/other"))
            Assert.That((await other.UploadAsync([.. Part[..^1], 7])).Result.BytesReused, Is.Zero, "and given nothing");

        await using var client = new CountedClient(server.Address);
        var (result, sent) = await client.UploadAsync(Part);

        Assert.That(result.BytesReused, Is.GreaterThan(Part.Length / 2));
        Assert.That(sent, Is.LessThan(Part.Length / 2));
        Assert.That(result.Model.Sha256, Is.EqualTo(Sha256(Part)));
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(server.Options.ModelFolder, Sha256(Part)[..2], Sha256(Part)), cancel), Is.EqualTo(Part));
    }

    [Test]
    public async Task What_a_broken_upload_brought_is_not_believed(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        var header = await HeaderAsync(Part);
        var lie = Part.ToArray();
        lie[Part.Length / 3] ^= 1;
        await BreakAfterAsync(server, header, Part.Length * 2 / 3, cancel, lie);
        while (await MissingAsync(server, Partner, header) == header.Chunks.Count)
            cancel.ThrowIfCancellationRequested();
        // The SDK is told CHUNK_UNKNOWN and sends the whole file.
        await using var client = new CountedClient(server.Address);
        var (result, _) = await client.UploadAsync(Part);
        Assert.That((result.Model.Sha256, result.BytesSent), Is.EqualTo((Sha256(Part), (long)Part.Length)));
    }

    [Test]
    public async Task The_sdk_goes_on_by_itself_when_the_connection_is_cut(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        await using var proxy = new FaultyProxy(server.Address.Port);
        var file = GeneratedModel.Torus(900, 300);
        var cut = 0;
        var progress = new Told(told =>
        {
            if (told.Stage is Pricing.Client.UploadStage.Sending && told.BytesDone > file.Length * 2 / 3 && Interlocked.Exchange(ref cut, 1) == 0)
            {
                proxy.Cut();
                proxy.Heal();
            }
        });
        await using var client = new Pricing.Client.PricingClient(new Uri($"http://127.0.0.1:{proxy.Port}"));
        using var content = new MemoryStream(file);
        var result = await client.Models.UploadAsync(content, "part.stl", progress, cancel);
        Assert.That(cut, Is.EqualTo(1));
        Assert.That(result.Model.Sha256, Is.EqualTo(Sha256(file)));
        TestContext.Out.WriteLine($"{result.BytesSent} of {file.Length} bytes in the last try");
        Assert.That(result.BytesSent + result.BytesReused, Is.EqualTo(file.Length));
    }

    sealed class Told(Action<Pricing.Client.UploadProgress> tell) : IProgress<Pricing.Client.UploadProgress>
    {
        public void Report(Pricing.Client.UploadProgress value) => tell(value);
    }

    [Test]
    public async Task A_job_goes_to_the_node_that_has_the_model_and_no_byte_travels(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        var bytes = RandomNumberGenerator.GetBytes(400_000);
        var name = await server.UploadAsync(bytes);
        await using var has = await ScriptedNode.ConnectAsync(server, 1, keepsModels: true, name: "has");
        await server.Quotes.CreateQuoteAsync(Ask(name), cancellationToken: cancel);
        await has.CompleteAsync(await has.NextJobAsync(cancel));

        // Whichever the claim gives it to, the one with the bytes gets it.
        await using var hasNot = await ScriptedNode.ConnectAsync(server, 20, keepsModels: true, name: "has-not");
        await has.CreditAsync(20);
        for (var scale = 2; scale < 8; scale++)
        {
            await server.Quotes.CreateQuoteAsync(AskScaled(name, scale), cancellationToken: cancel);
            var assign = await has.NextAssignAsync(cancel);
            // The first job's own assignment comes first.
            while (!assign.ExpectsModel)
                assign = await has.NextAssignAsync(cancel);
            await has.AcknowledgeAsync(assign, assign.ModelBytes);
            Assert.That(await has.CompleteAsync(new ReceivedJob(assign, bytes)), Is.EqualTo(Pricing.Node.V1.CompleteJobResponse.Types.Result.Applied));
            Assert.That(await server.ScalarAsync<string>($"select node from job_attempt order by job_id desc limit 1"), Is.EqualTo("has"));
        }
        Assert.That(await server.ScalarAsync<long>("select count(*) from job where state = 'completed'"), Is.EqualTo(7));
    }

    [Test]
    public async Task A_node_that_has_the_model_no_more_says_so_and_gets_it(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync();
        var bytes = RandomNumberGenerator.GetBytes(400_000);
        var name = await server.UploadAsync(bytes);
        await using var node = await ScriptedNode.ConnectAsync(server, 2, keepsModels: true);
        await server.Quotes.CreateQuoteAsync(Ask(name), cancellationToken: cancel);
        var first = await node.NextAssignAsync(cancel);
        Assert.That(first.ExpectsModel, Is.False);
        await node.CompleteAsync(await node.NextJobAsync(cancel));

        await server.Quotes.CreateQuoteAsync(AskScaled(name, 2), cancellationToken: cancel);
        var second = await node.NextAssignAsync(cancel);
        Assert.That(second.ExpectsModel, Is.True);
        Assert.That(node.BytesOf(second), Is.Zero, "nothing is sent before the answer");
        await node.AcknowledgeAsync(second, 0);
        Assert.That((await node.NextJobAsync(cancel)).Bytes, Is.EqualTo(bytes));
    }

    [Test]
    public async Task A_real_node_measures_a_model_it_kept_again_with_other_options(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync(Measuring);
        var name = await server.UploadAsync(Part);
        using var node = await StartNodeAsync(server, cancel);
        var first = await server.Quotes.CreateQuoteAsync(AskScaled(name, 1, wait: true), cancellationToken: cancel);
        Assert.That((await EndAsync(server, first, cancel)).State, Is.EqualTo(Quote.Types.State.Priced));
        // Without the bytes in the store only what the node kept can answer.
        File.Delete(Path.Combine(server.Options.ModelFolder, Sha256(Part)[..2], Sha256(Part)));
        var second = await server.Quotes.CreateQuoteAsync(AskScaled(name, 2, wait: true), cancellationToken: cancel);
        Assert.That((await EndAsync(server, second, cancel)).State, Is.EqualTo(Quote.Types.State.Priced));
        await node.StopAsync(cancel);
    }

    [Test]
    public async Task A_model_is_measured_while_it_is_uploaded(CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync(Measuring);
        using var node = await StartNodeAsync(server, cancel);
        var file = GeneratedModel.Torus(400, 150);
        using var call = server.Models.UploadModel(cancellationToken: cancel);
        await call.RequestStream.WriteAsync(Ahead(file), cancel);
        await SendAsync(call, file, 0, file.Length - 10, cancel);
        // The job is there and leased before the upload has ended.
        while (await server.ScalarAsync<long>("select count(*) from job where state = 'leased'") == 0)
            cancel.ThrowIfCancellationRequested();
        await SendAsync(call, file, file.Length - 10, file.Length, cancel);
        await call.RequestStream.CompleteAsync();
        var model = await call;

        // Nobody has asked for a price yet.
        while (await server.ScalarAsync<long>("select count(*) from measurement") == 0)
            Assert.That(await server.ScalarAsync<long>("select count(*) from job where state in ('leased', 'completed')"), Is.EqualTo(1));
        var quote = await server.Quotes.CreateQuoteAsync(Ask(model.Name), cancellationToken: cancel);
        Assert.That((quote.State, quote.MeasurementCached), Is.EqualTo((Quote.Types.State.Priced, true)));
        await node.StopAsync(cancel);
    }

    [TestCase(true), TestCase(false)]
    public async Task An_upload_that_ends_badly_leaves_no_measurement_and_no_job(bool lies, CancellationToken cancel)
    {
        await using var server = await CoordinatorServer.StartAsync(Measuring);
        using var node = await StartNodeAsync(server, cancel);
        var file = GeneratedModel.Torus(400, 150);
        using var call = server.Models.UploadModel(cancellationToken: cancel);
        await call.RequestStream.WriteAsync(Ahead(file), cancel);
        await SendAsync(call, file, 0, file.Length - 10, cancel);
        while (await server.ScalarAsync<long>("select count(*) from job where state = 'leased'") == 0)
            cancel.ThrowIfCancellationRequested();
        if (lies)
        {
            file[^5] ^= 1;
            await SendAsync(call, file, file.Length - 10, file.Length, cancel);
            await call.RequestStream.CompleteAsync();
            Assert.That(ReasonOf((await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync))!), Is.EqualTo("SHA256_MISMATCH"));
        }
        else
            call.Dispose();
        while (await server.ScalarAsync<long>("select count(*) from job where state in ('available', 'leased')") > 0)
            cancel.ThrowIfCancellationRequested();
        Assert.That(await server.ScalarAsync<string>("select state from job"), Is.EqualTo("cancelled"));
        Assert.That(await server.ScalarAsync<long>("select count(*) from measurement"), Is.Zero);
        Assert.That(await server.ScalarAsync<long>("select count(*) from model where stored"), Is.Zero);
        // A lie about the length would not stand in anybody's way either.
        await using var client = new CountedClient(server.Address);
        var right = GeneratedModel.Torus(400, 150);
        Assert.That((await client.UploadAsync(right)).Result.Model.State, Is.EqualTo(Model.Types.State.Stored));
        await node.StopAsync(cancel);
    }

    [Test]
    public async Task Two_coordinators_share_a_bucket_and_nothing_else(CancellationToken cancel)
    {
        await using var place = await StoreUnderTest.CreateAsync(StoreKind.Bucket);
        await using var first = await CoordinatorServer.StartAsync(place.Share);
        await using var second = await CoordinatorServer.StartAsync(first.Options with { ModelFolder = Directory.CreateTempSubdirectory("pricing-second-").FullName });
        var bytes = RandomNumberGenerator.GetBytes(2_000_000);
        var name = await first.UploadAsync(bytes);
        await using var node = await ScriptedNode.ConnectAsync(second, 1);
        await second.Quotes.CreateQuoteAsync(Ask(name), cancellationToken: cancel);
        Assert.That((await node.NextJobAsync(cancel)).Bytes, Is.EqualTo(bytes));

        // The same bytes of another partner are stored once, and each sees his own.
        using var call = second.Models.UploadModel(cancellationToken: cancel);
        await call.RequestStream.WriteAsync(new UploadModelRequest { Header = new UploadHeader { Parent = "partners/other", Sha256 = Sha256(bytes), SizeBytes = bytes.Length } }, cancel);
        var other = await call;
        Assert.That(other.State, Is.EqualTo(Model.Types.State.Stored));
        Assert.That(await first.ScalarAsync<long>("select count(*) from model"), Is.EqualTo(1));
        var foreign = other.Name.Replace("partners/other", "partners/third", StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await first.Models.GetModelAsync(new GetModelRequest { Name = foreign }));
        Assert.That(ReasonOf(refusal!), Is.EqualTo("MODEL_NOT_FOUND"));
        Directory.Delete(second.Options.ModelFolder, recursive: true);
    }

    [Test]
    public async Task While_the_bucket_is_down_local_bytes_are_measured_uploads_are_refused_and_the_rest_waits(CancellationToken cancel)
    {
        await using var place = await StoreUnderTest.CreateAsync(StoreKind.Bucket);
        await using var proxy = new FaultyProxy(place.Port);
        await using var server = await CoordinatorServer.StartAsync(options =>
        {
            var shared = place.Share(options);
            return shared with { Bucket = shared.Bucket! with { Endpoint = new Uri($"http://127.0.0.1:{proxy.Port}") } };
        });
        await using var elsewhere = await CoordinatorServer.StartAsync(place.Share(server.Options) with { ModelFolder = Directory.CreateTempSubdirectory("pricing-else-").FullName });
        var here = RandomNumberGenerator.GetBytes(300_000);
        var away = RandomNumberGenerator.GetBytes(200_000);
        var hereName = await server.UploadAsync(here);
        var awayName = await elsewhere.UploadAsync(away);
        await elsewhere.StopAsync();
        await using var node = await ScriptedNode.ConnectAsync(server, 20);

        proxy.Cut();
        await server.Quotes.CreateQuoteAsync(Ask(hereName), cancellationToken: cancel);
        var local = await node.NextJobAsync(cancel);
        Assert.That(local.Bytes, Is.EqualTo(here));
        await node.CompleteAsync(local);
        var known = await server.Quotes.CreateQuoteAsync(Ask(hereName, quantities: 7), cancellationToken: cancel);
        Assert.That(known.State, Is.EqualTo(Quote.Types.State.Priced), "a known price needs no bytes");

        var refused = await Assert.ThrowsAsync<RpcException>(() => server.UploadAsync(RandomNumberGenerator.GetBytes(10_000)));
        Assert.That((refused!.StatusCode, ReasonOf(refused)), Is.EqualTo((StatusCode.Unavailable, "STORAGE_UNAVAILABLE")));
        Assert.That(await server.ScalarAsync<long>("select count(*) from model"), Is.EqualTo(2), "no row speaks of bytes that are not there");

        var waiting = await server.Quotes.CreateQuoteAsync(Ask(awayName), cancellationToken: cancel);
        while (await server.ScalarAsync<long>("select count(*) from job_attempt where outcome = 'released'") == 0)
            cancel.ThrowIfCancellationRequested();
        Assert.That((await server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = waiting.Name }, cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Measuring));
        proxy.Heal();
        // Also when the breaker has opened meanwhile: a probe finds the bucket well.
        var late = await node.NextJobAsync(cancel);
        Assert.That(late.Bytes, Is.EqualTo(away));
        await node.CompleteAsync(late);
        Assert.That((await EndAsync(server, waiting, cancel)).State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That(await server.ScalarAsync<int>("select max(attempts) from job"), Is.EqualTo(1), "waiting is nobody's attempt");
        Directory.Delete(elsewhere.Options.ModelFolder, recursive: true);
    }

    /// <summary>For real nodes; and no upload is too slow to be measured while it comes, however busy the machine.</summary>
    static CoordinatorOptions Measuring(CoordinatorOptions options) =>
        options with { EngineVersion = PartMeasurer.EngineVersion, AheadBytesPerSecondMin = 0, AheadStarve = TimeSpan.FromMinutes(2) };

    /// <summary>The list as the SDK makes it.</summary>
    static async Task<UploadHeader> HeaderAsync(byte[] file)
    {
        await using var scratch = await CoordinatorServer.StartAsync();
        await using var client = new CountedClient(scratch.Address);
        await client.UploadAsync(file);
        var header = new UploadHeader { Parent = Partner, Sha256 = Sha256(file), SizeBytes = file.Length, FileName = "part.stl" };
        await using var command = scratch.Database.CreateCommand("select chunk_sha256, length_bytes from model_chunk order by offset_bytes");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            header.Chunks.Add(new ContentChunk { Sha256 = ByteString.CopyFrom(reader.GetFieldValue<byte[]>(0)), Length = (uint)reader.GetInt32(1) });
        return header;
    }

    static async Task BreakAfterAsync(CoordinatorServer server, UploadHeader header, int bytes, CancellationToken cancel, byte[]? content = null)
    {
        using var call = server.Models.UploadModel(cancellationToken: cancel);
        await call.RequestStream.WriteAsync(new UploadModelRequest { Header = header }, cancel);
        await SendAsync(call, content ?? Part, 0, bytes, cancel);
        // All of them have arrived when a small call behind them on the same connection has been answered often enough to see them on disk.
        var incoming = Path.Combine(server.Options.ModelFolder, "incoming");
        while (!Directory.EnumerateFiles(incoming, "*", SearchOption.AllDirectories).Any(file => new FileInfo(file).Length >= bytes))
            await server.Models.FindMissingChunksAsync(new FindMissingChunksRequest { Parent = Partner }, cancellationToken: cancel);
    }

    static async Task<int> MissingAsync(CoordinatorServer server, string partner, UploadHeader header)
    {
        var question = new FindMissingChunksRequest { Parent = partner };
        question.Chunks.Add(header.Chunks);
        return (await server.Models.FindMissingChunksAsync(question)).Missing.Count;
    }

    static UploadModelRequest Ahead(byte[] file) => new()
    {
        Header = new UploadHeader { Parent = Partner, Sha256 = Sha256(file), SizeBytes = file.Length, FileName = "part.stl", MeasureAhead = true },
    };

    static async Task SendAsync(AsyncClientStreamingCall<UploadModelRequest, Model> call, byte[] file, int from, int to, CancellationToken cancel)
    {
        for (var at = from; at < to; at += Limits.Wire.ChunkBytes)
            await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = ByteString.CopyFrom(file.AsSpan(at, Math.Min(Limits.Wire.ChunkBytes, to - at))) }, cancel);
    }

    static CreateQuoteRequest AskScaled(string name, double scale, bool wait = false)
    {
        var request = Ask(name, wait: wait ? TimeSpan.FromSeconds(30) : default);
        request.Quote.MeasureOptions = new MeasureOptions { Scale = scale };
        return request;
    }

    static async Task<Quote> EndAsync(CoordinatorServer server, Quote quote, CancellationToken cancel)
    {
        while (quote.State is Quote.Types.State.Measuring)
            quote = await server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        return quote;
    }

    static async Task<Microsoft.Extensions.Hosting.IHost> StartNodeAsync(CoordinatorServer server, CancellationToken cancel)
    {
        var node = NodeHost.Build(new NodeOptions { Coordinators = [server.Address], Name = "real", Threads = 1, LogLevel = Microsoft.Extensions.Logging.LogLevel.Error });
        await node.StartAsync(cancel);
        // It takes work once its credits are known.
        while ((await server.Ops.ListNodesAsync(new Pricing.Ops.V1.ListNodesRequest(), cancellationToken: cancel)).Nodes.All(known => known.Credits == 0))
            cancel.ThrowIfCancellationRequested();
        return node;
    }
}
