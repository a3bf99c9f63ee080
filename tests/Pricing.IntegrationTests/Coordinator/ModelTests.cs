using System.Security.Cryptography;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;
using Pricing.Tests;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;

namespace Pricing.IntegrationTests.Coordinator;

[TestFixture]
public sealed class ModelTests
{
    CoordinatorServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await CoordinatorServer.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task An_upload_is_stored_under_its_hash(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(1_000_003);
        var announced = await _server.Models.CreateModelAsync(
            new CreateModelRequest { Parent = Partner, Sha256 = Sha256(bytes), SizeBytes = bytes.Length, FileName = "a.stl" }, cancellationToken: cancel);
        Assert.That(announced.State, Is.EqualTo(Model.Types.State.AwaitingUpload));
        Assert.That(announced.UploadUri, Is.EqualTo($"/v1/models/{announced.Sha256}"));

        var name = await _server.UploadAsync(bytes);

        var model = await _server.Models.GetModelAsync(new GetModelRequest { Name = name }, cancellationToken: cancel);
        Assert.That(model.State, Is.EqualTo(Model.Types.State.Stored));
        Assert.That(model.SizeBytes, Is.EqualTo(bytes.Length));
        var sha256 = Sha256(bytes);
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(_server.Options.ModelFolder, sha256[..2], sha256), cancel), Is.EqualTo(bytes));
    }

    [Test, CancelAfter(60_000)]
    public async Task Bytes_with_another_hash_are_refused_and_leave_nothing(CancellationToken cancel)
    {
        var refusal = await RefusedAsync(() => _server.UploadAsync(RandomNumberGenerator.GetBytes(300_000), sha256: new string('a', 64)));
        Assert.That(ReasonOf(refusal), Is.EqualTo("SHA256_MISMATCH"));
        Assert.That(refusal.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        await NothingIsStoredAsync();
    }

    [TestCase(299_999L), TestCase(300_001L)]
    [CancelAfter(60_000)]
    public async Task Bytes_of_another_length_are_refused_and_leave_nothing(long announced, CancellationToken cancel)
    {
        var refusal = await RefusedAsync(() => _server.UploadAsync(RandomNumberGenerator.GetBytes(300_000), size: announced));
        Assert.That(ReasonOf(refusal), Is.EqualTo("SIZE_MISMATCH"));
        await NothingIsStoredAsync();
    }

    [Test, CancelAfter(60_000)]
    public async Task A_sender_who_falls_silent_is_refused_and_leaves_nothing(CancellationToken cancel)
    {
        var time = new ManualTime();
        await using var server = await CoordinatorServer.StartAsync(options => options with { Time = time });
        using var call = server.Models.UploadModel(cancellationToken: cancel);
        var waiting = time.TimerSetAsync(TimeSpan.FromSeconds(Limits.Model.UploadStallSeconds));
        await call.RequestStream.WriteAsync(new UploadModelRequest { Header = new UploadHeader { Parent = Partner, SizeBytes = 1000, FileName = "a.stl" } }, cancel);
        await waiting.WaitAsync(cancel);
        time.Advance(TimeSpan.FromSeconds(Limits.Model.UploadStallSeconds));
        var refusal = await RefusedAsync(() => call.ResponseAsync);
        Assert.That(ReasonOf(refusal!), Is.EqualTo("UPLOAD_STALLED"));
        Assert.That(Directory.EnumerateFiles(server.Options.ModelFolder, "*", SearchOption.AllDirectories).Select(Path.GetFileName), Is.All.EqualTo(".lock"));
    }

    [TestCase(0L, "MODEL_EMPTY"), TestCase(-5L, "MODEL_EMPTY"), TestCase(Limits.Mesh.FileBytesMax + 1, "MODEL_TOO_LARGE")]
    [CancelAfter(60_000)]
    public async Task A_size_out_of_bounds_is_refused_before_any_byte(long size, string reason, CancellationToken cancel)
    {
        Assert.That(ReasonOf(await RefusedAsync(() => _server.UploadAsync(new byte[100_000], size: size))), Is.EqualTo(reason));
        await NothingIsStoredAsync();
    }

    [Test, CancelAfter(60_000)]
    public async Task A_chunk_that_is_too_large_is_refused_early_and_the_caller_sees_why(CancellationToken cancel)
    {
        // The server answers while the client still sends: the true reason must surface, not a broken write.
        var refusal = await RefusedAsync(() => _server.UploadAsync(new byte[20 << 20], chunkBytes: Limits.Wire.ChunkBytesMax + 1));
        Assert.That(InfoOf(refusal).Type, Is.EqualTo("CHUNK_TOO_LARGE"));
        Assert.That(InfoOf(refusal).Metadata["limit"], Is.EqualTo($"{Limits.Wire.ChunkBytesMax} bytes"));
        await NothingIsStoredAsync();
    }

    [Test, CancelAfter(60_000)]
    public async Task Known_bytes_are_not_taken_again(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        await _server.UploadAsync(bytes);

        // Only a header: the answer comes without a single chunk.
        using var call = _server.Models.UploadModel(cancellationToken: cancel);
        await call.RequestStream.WriteAsync(
            new UploadModelRequest { Header = new UploadHeader { Parent = "partners/other", Sha256 = Sha256(bytes), SizeBytes = bytes.Length } }, cancel);
        Assert.That((await call).State, Is.EqualTo(Model.Types.State.Stored));
    }

    [Test, CancelAfter(60_000)]
    public async Task Another_partner_does_not_see_a_model(CancellationToken cancel)
    {
        var name = await _server.UploadAsync([1, 2, 3]);
        var foreign = name.Replace("partners/local", "partners/other", StringComparison.Ordinal);
        Assert.That(ReasonOf(await RefusedAsync(async () => await _server.Models.GetModelAsync(new GetModelRequest { Name = foreign }))), Is.EqualTo("MODEL_NOT_FOUND"));
        var quote = await RefusedAsync(async () => await _server.Quotes.CreateQuoteAsync(Ask(foreign)));
        Assert.That((quote.StatusCode, ReasonOf(quote)), Is.EqualTo((StatusCode.NotFound, "MODEL_NOT_FOUND")));
    }

    [Test, CancelAfter(60_000)]
    public async Task What_a_crash_left_is_swept_at_the_next_start_and_a_running_store_is_left_alone(CancellationToken cancel)
    {
        var crashed = Directory.CreateDirectory(Path.Combine(_server.Options.ModelFolder, "incoming", "crashed"));
        await File.WriteAllTextAsync(Path.Combine(crashed.FullName, "half"), "half a model", cancel);
        var living = Directory.GetDirectories(Path.Combine(_server.Options.ModelFolder, "incoming")).Single(d => !d.EndsWith("crashed", StringComparison.Ordinal));

        await using var second = await CoordinatorServer.StartAsync(_server.Options);
        await second.UploadAsync([1]);

        Assert.That(Directory.Exists(crashed.FullName), Is.False);
        Assert.That(Directory.Exists(living), Is.True);
    }

    static async Task<RpcException> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(() => call()))!;

    async Task NothingIsStoredAsync()
    {
        Assert.That(await _server.ScalarAsync<long>("select count(*) from model"), Is.Zero);
        var files = Directory.GetFiles(_server.Options.ModelFolder, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal));
        Assert.That(files, Is.Empty);
    }
}
