using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Models;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>Uploads of which a part is here already: what travels, what is refused, and that nothing of another partner's is given.</summary>
[TestFixture]
[CancelAfter(120_000)]
public sealed class ChunkedUploadTests
{
    CoordinatorServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await CoordinatorServer.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    static readonly byte[] Part = GeneratedModel.Torus(400, 150);

    /// <summary>The part with about a tenth of its triangles moved: the first ones, or those from the middle on.</summary>
    static byte[] Edited(byte[] part, double from = 0.45, double share = 0.1)
    {
        var edited = part.ToArray();
        var triangles = (part.Length - 84) / 50;
        for (var i = (int)(from * triangles); i < (int)((from + share) * triangles); i++)
            edited[84 + 50 * i + 12] ^= 1;
        return edited;
    }

    static byte[] Text() => [.. Enumerable.Range(0, 200_000).SelectMany(i => $"v {Math.Sqrt(i):F4} {i % 977} {i}.5\n").Select(c => (byte)c)];

    [Test]
    public async Task A_part_of_which_nine_tenths_are_known_sends_the_rest_only()
    {
        await using var client = new CountedClient(_server.Address);
        var first = await client.UploadAsync(Part);
        Assert.That((first.Result.BytesSent, first.Result.BytesReused), Is.EqualTo(((long)Part.Length, 0L)));
        Assert.That(first.Sent, Is.GreaterThan(Part.Length));

        var edited = Edited(Part);
        var second = await client.UploadAsync(edited);

        TestContext.Out.WriteLine($"{Part.Length} bytes: {first.Sent} on the wire first, {second.Sent} for the edited part");
        Assert.That(second.Result.BytesSent + second.Result.BytesReused, Is.EqualTo(edited.Length));
        // A tenth, and the chunks at its two ends.
        Assert.That(second.Result.BytesSent, Is.InRange(edited.Length / 10, edited.Length / 10 + 2 * Limits.Reuse.ContentChunkBytesMax));
        Assert.That(second.Sent, Is.InRange(second.Result.BytesSent, second.Result.BytesSent + 40_000), "what is counted is what travels, but for the list and the frames");
        Assert.That(second.Result.Model.Sha256, Is.EqualTo(Sha256(edited)));
        await IsStoredAsync(edited);
        await IsStoredAsync(Part);
    }

    [Test]
    public async Task A_text_with_lines_put_into_its_middle_sends_what_is_around_them()
    {
        await using var client = new CountedClient(_server.Address);
        var text = Text();
        await client.UploadAsync(text);
        byte[] edited = [.. text[..(text.Length / 2)], .. "# a remark\nv 1 2 3\n"u8, .. text[(text.Length / 2)..]];

        var (result, sent) = await client.UploadAsync(edited);

        Assert.That(result.BytesSent, Is.InRange(1, 3 * Limits.Reuse.ContentChunkBytesMax));
        Assert.That(sent, Is.LessThan(edited.Length / 2));
        await IsStoredAsync(edited);
    }

    [Test]
    public async Task The_same_triangles_exported_again_send_their_head_only()
    {
        await using var client = new CountedClient(_server.Address);
        await client.UploadAsync(Part);
        var exported = GeneratedModel.Torus(400, 150, seed: 1);
        var (result, _) = await client.UploadAsync(exported);
        Assert.That((result.BytesSent, result.BytesReused), Is.EqualTo((84L, exported.Length - 84L)));
        await IsStoredAsync(exported);
    }

    [Test]
    public async Task Another_partners_chunks_are_neither_told_nor_given()
    {
        await using var owner = new CountedClient(_server.Address);
        await owner.UploadAsync(Part);
        var edited = Edited(Part);
        var chunks = await ListedAsync(edited);

        var answer = await _server.Models.FindMissingChunksAsync(Question("partners/other", chunks));
        Assert.That(answer.Missing, Has.Count.EqualTo(chunks.Count), "everything is missing");
        Assert.That((await _server.Models.FindMissingChunksAsync(Question(Partner, chunks))).Missing, Has.Count.LessThan(chunks.Count));

        // Asking for them all the same.
        var refusal = await RefusedAsync(() => SendAsync(edited, chunks, Enumerable.Range(0, chunks.Count), "partners/other"));
        Assert.That((refusal.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.FailedPrecondition, "CHUNK_UNKNOWN")));
        await using var other = new CountedClient(_server.Address, "partners/other");
        var sent = await other.UploadAsync(edited);
        Assert.That((sent.Result.BytesSent, sent.Result.BytesReused), Is.EqualTo(((long)edited.Length, 0L)));
    }

    [Test]
    public async Task A_list_for_bytes_that_are_here_already_teaches_nothing()
    {
        await using var owner = new CountedClient(_server.Address);
        await owner.UploadAsync(Part);
        var chunks = await ListedAsync(Part);
        // Who knows a hash may announce it; that must not make the chunks of a file he never sent his own.
        await SendAsync(Part, chunks, [], "partners/other");
        Assert.That((await _server.Models.FindMissingChunksAsync(Question("partners/other", chunks))).Missing, Has.Count.EqualTo(chunks.Count));
    }

    [Test]
    public async Task A_damaged_or_vanished_range_falls_back_to_the_whole_file_and_is_forgotten()
    {
        await using var client = new CountedClient(_server.Address);
        await client.UploadAsync(Part);
        var stored = PathOf(Part);
        var bytes = await File.ReadAllBytesAsync(stored);
        bytes[Part.Length / 4] ^= 0x10;
        await File.WriteAllBytesAsync(stored, bytes);
        var edited = Edited(Part);
        var chunks = await ListedAsync(edited);
        var missingBefore = (await _server.Models.FindMissingChunksAsync(Question(Partner, chunks))).Missing.Count;

        var (result, sent) = await client.UploadAsync(edited);

        Assert.That((result.BytesSent, result.BytesReused), Is.EqualTo(((long)edited.Length, 0L)));
        Assert.That(sent, Is.GreaterThan(edited.Length));
        Assert.That(missingBefore, Is.Positive);
        await IsStoredAsync(edited);

        // Now the good file is the one that is known; without it nothing is.
        File.Delete(PathOf(edited));
        var third = Edited(Part, from: 0.8);
        Assert.That((await client.UploadAsync(third)).Result.Model.State, Is.EqualTo(Model.Types.State.Stored));
        await IsStoredAsync(third);
    }

    [Test]
    public async Task A_damaged_chunk_is_unknown_from_then_on()
    {
        await using var client = new CountedClient(_server.Address);
        await client.UploadAsync(Part);
        var bytes = await File.ReadAllBytesAsync(PathOf(Part));
        bytes[Part.Length / 4] ^= 0x10;
        await File.WriteAllBytesAsync(PathOf(Part), bytes);
        var edited = Edited(Part);
        var chunks = await ListedAsync(edited);
        var missing = (await _server.Models.FindMissingChunksAsync(Question(Partner, chunks))).Missing;

        var refusal = await RefusedAsync(() => SendAsync(edited, chunks, Enumerable.Range(0, chunks.Count).Where(i => !missing.Contains((uint)i)), Partner));

        Assert.That((refusal.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.FailedPrecondition, "CHUNK_UNKNOWN")));
        Assert.That((await _server.Models.FindMissingChunksAsync(Question(Partner, chunks))).Missing, Has.Count.EqualTo(missing.Count + 1));
        Assert.That(Incoming(), Is.Empty);
        Assert.That(File.Exists(PathOf(edited)), Is.False);
    }

    [Test]
    public async Task A_list_that_lies_stores_nothing()
    {
        await using var client = new CountedClient(_server.Address);
        await client.UploadAsync(Part);
        var edited = Edited(Part);
        var chunks = await ListedAsync(edited);
        var missing = (await _server.Models.FindMissingChunksAsync(Question(Partner, chunks))).Missing;
        var reused = Enumerable.Range(0, chunks.Count).Where(i => !missing.Contains((uint)i)).ToList();
        // Two known chunks of one length change places: every chunk is what it says, the file is not.
        var before = await _server.ScalarAsync<long>("select count(*) from model");
        var lying = chunks.Select(c => c.Clone()).ToList();
        lying[reused[1]] = chunks[reused[2]].Clone();
        lying[reused[2]] = chunks[reused[1]].Clone();

        var refusal = await RefusedAsync(() => SendAsync(edited, lying, reused, Partner, honest: chunks));

        Assert.That(ReasonOf(refusal), Is.EqualTo("SHA256_MISMATCH"));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from model"), Is.EqualTo(before));
        Assert.That(File.Exists(PathOf(edited)), Is.False);
        Assert.That(Incoming(), Is.Empty);
    }

    [Test]
    public async Task A_sender_lost_in_the_middle_leaves_nothing_and_the_next_try_ends_well()
    {
        await using var client = new CountedClient(_server.Address);
        await client.UploadAsync(Part);
        var edited = Edited(Part);
        var chunks = await ListedAsync(edited);
        var missing = (await _server.Models.FindMissingChunksAsync(Question(Partner, chunks))).Missing;
        using (var call = _server.Models.UploadModel())
        {
            await call.RequestStream.WriteAsync(Header(edited, chunks, Enumerable.Range(0, chunks.Count).Where(i => !missing.Contains((uint)i))));
            await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = ByteString.CopyFrom(edited[..10]) });
            call.Dispose();
            await RefusedAsync(() => call.ResponseAsync);
        }
        // The coordinator notices in its own time; asking it is how we wait.
        while (Incoming().Any())
            await _server.Models.FindMissingChunksAsync(Question(Partner, []));
        var (result, _) = await client.UploadAsync(edited);
        Assert.That(result.BytesReused, Is.Positive);
        await IsStoredAsync(edited);
    }

    [Test]
    public async Task Uploads_at_the_same_time_share_what_is_known()
    {
        await using var client = new CountedClient(_server.Address);
        await client.UploadAsync(Part);
        var versions = Enumerable.Range(0, 6).Select(i => Edited(Part, from: 0.1 * (i % 4), share: 0.05)).ToList();

        var results = await Task.WhenAll(versions.Select(version => Task.Run(() => client.UploadAsync(version))));

        foreach (var (version, (result, _)) in versions.Zip(results))
        {
            Assert.That(result.Model.Sha256, Is.EqualTo(Sha256(version)));
            await IsStoredAsync(version);
        }
        Assert.That(Incoming(), Is.Empty);
        Assert.That(results.Count(r => r.Result.BytesReused > Part.Length / 2), Is.GreaterThanOrEqualTo(4), "but for twins that came second");
    }

    [Test]
    public async Task A_sender_without_a_list_is_served_as_ever()
    {
        var name = await _server.UploadAsync(Part);
        Assert.That(name, Does.EndWith(Sha256(Part)));
        await IsStoredAsync(Part);
        Assert.That(await _server.ScalarAsync<long>("select count(*) from model_chunk"), Is.Zero);
    }

    [TestCase("TOO_MANY_CHUNKS"), TestCase("CHUNK_LENGTH_OUT_OF_RANGE"), TestCase("SHA256_INVALID"), TestCase("CHUNKS_DISAGREE"), TestCase("SHA256_MISSING"),
        TestCase("CHUNK_INDEX_OUT_OF_RANGE")]
    public async Task A_list_out_of_bounds_is_refused_with_its_reason(string reason)
    {
        var chunks = await ListedAsync(Part);
        var header = Header(Part, chunks, [0]);
        switch (reason)
        {
            case "TOO_MANY_CHUNKS":
                header.Header.Chunks.Add(Enumerable.Repeat(chunks[0], Limits.Reuse.ContentChunksMax));
                break;
            case "CHUNK_LENGTH_OUT_OF_RANGE":
                header.Header.Chunks[1].Length = Limits.Reuse.ContentChunkBytesMax + 1;
                break;
            case "SHA256_INVALID":
                header.Header.Chunks[1].Sha256 = ByteString.CopyFrom(new byte[31]);
                break;
            case "CHUNKS_DISAGREE":
                header.Header.Chunks[1].Length--;
                break;
            case "SHA256_MISSING":
                header.Header.Sha256 = "";
                break;
            default:
                header.Header.ReusedChunks.Add(0);
                break;
        }
        using var call = _server.Models.UploadModel();
        await call.RequestStream.WriteAsync(header);
        await call.RequestStream.CompleteAsync();

        var refusal = await RefusedAsync(() => call.ResponseAsync);

        Assert.That((refusal.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.InvalidArgument, reason)));
        if (reason is "TOO_MANY_CHUNKS" or "CHUNK_LENGTH_OUT_OF_RANGE" or "SHA256_INVALID")
        {
            var asked = await RefusedAsync(async () => await _server.Models.FindMissingChunksAsync(Question(Partner, header.Header.Chunks)));
            Assert.That(ReasonOf(asked), Is.EqualTo(reason));
        }
    }

    [Test]
    public async Task Bytes_that_do_not_fit_between_reused_chunks_are_refused()
    {
        await using var client = new CountedClient(_server.Address);
        await client.UploadAsync(Part);
        var edited = Edited(Part);
        var chunks = await ListedAsync(edited);
        var missing = (await _server.Models.FindMissingChunksAsync(Question(Partner, chunks))).Missing;
        using var call = _server.Models.UploadModel();
        await call.RequestStream.WriteAsync(Header(edited, chunks, Enumerable.Range(0, chunks.Count).Where(i => !missing.Contains((uint)i))));
        var tooMany = (int)missing.Sum(i => chunks[(int)i].Length) + 1;
        for (var at = 0; at < tooMany; at += Limits.Wire.ChunkBytes)
            await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = ByteString.CopyFrom(edited.AsSpan(at, Math.Min(tooMany - at, Limits.Wire.ChunkBytes))) });
        await call.RequestStream.CompleteAsync();
        Assert.That(ReasonOf(await RefusedAsync(() => call.ResponseAsync)), Is.EqualTo("CHUNKS_DISAGREE"));
        Assert.That(Incoming(), Is.Empty);
    }

    /// <summary>The list as the SDK makes it: taken from the index, where it puts it.</summary>
    async Task<List<ContentChunk>> ListedAsync(byte[] file)
    {
        await using var scratch = await CoordinatorServer.StartAsync();
        await using var client = new CountedClient(scratch.Address);
        await client.UploadAsync(file);
        List<ContentChunk> chunks = [];
        await using var command = scratch.Database.CreateCommand("select chunk_sha256, length_bytes from model_chunk order by offset_bytes");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            chunks.Add(new ContentChunk { Sha256 = ByteString.CopyFrom(reader.GetFieldValue<byte[]>(0)), Length = (uint)reader.GetInt32(1) });
        Assert.That(chunks.Sum(c => c.Length), Is.EqualTo(file.Length));
        return chunks;
    }

    static FindMissingChunksRequest Question(string parent, IEnumerable<ContentChunk> chunks) => new() { Parent = parent, Chunks = { chunks } };

    static UploadModelRequest Header(byte[] file, IEnumerable<ContentChunk> chunks, IEnumerable<int> reused, string parent = Partner) => new()
    {
        Header = new UploadHeader
        {
            Parent = parent,
            Sha256 = Sha256(file),
            SizeBytes = file.Length,
            FileName = "part.stl",
            Chunks = { chunks.Select(c => c.Clone()) },
            ReusedChunks = { reused.Select(i => (uint)i) },
        },
    };

    /// <summary>An upload by hand: what is not reused is sent.</summary>
    async Task<Model> SendAsync(byte[] file, IReadOnlyList<ContentChunk> chunks, IEnumerable<int> reused, string parent, IReadOnlyList<ContentChunk>? honest = null)
    {
        var left = reused.ToHashSet();
        using var call = _server.Models.UploadModel();
        try
        {
            await call.RequestStream.WriteAsync(Header(file, chunks, left.Order(), parent));
            var at = 0;
            for (var i = 0; i < chunks.Count; i++)
            {
                var end = at + (int)(honest ?? chunks)[i].Length;
                for (; at < end && !left.Contains(i); at += Math.Min(end - at, Limits.Wire.ChunkBytes))
                    await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = ByteString.CopyFrom(file.AsSpan(at, Math.Min(end - at, Limits.Wire.ChunkBytes))) });
                at = end;
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or IOException or InvalidOperationException or HttpRequestException)
        {
            // The server may have answered early; the response says what.
            return await call;
        }
        return await call;
    }

    static async Task<RpcException> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(() => call()))!;

    string PathOf(byte[] file) => Path.Combine(_server.Options.ModelFolder, Sha256(file)[..2], Sha256(file));

    async Task IsStoredAsync(byte[] file)
    {
        Assert.That(SHA256.HashData(await File.ReadAllBytesAsync(PathOf(file))), Is.EqualTo(SHA256.HashData(file)));
        Assert.That(await _server.ScalarAsync<long>($"select count(*) from model where sha256 = '\\x{Sha256(file)}'"), Is.EqualTo(1));
    }

    IEnumerable<string> Incoming() => Directory.GetFiles(Path.Combine(_server.Options.ModelFolder, "incoming"), "*", SearchOption.AllDirectories)
        .Where(f => !f.EndsWith(".lock", StringComparison.Ordinal));
}
