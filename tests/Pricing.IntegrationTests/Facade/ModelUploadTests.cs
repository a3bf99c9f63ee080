using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

[TestFixture]
sealed class ModelUploadTests
{
    ScriptedCoordinator _coordinator = null!;
    FacadeUnderTest _facade = null!;
    byte[] _file = null!;
    string _sha256 = null!;

    [SetUp]
    public async Task Start()
    {
        _coordinator = await ScriptedCoordinator.StartAsync();
        _facade = await FacadeUnderTest.StartAsync(_coordinator.Address);
        var seed = TestContext.CurrentContext.Random.Next();
        await TestContext.Out.WriteLineAsync($"seed {seed}");
        // Not a multiple of a chunk, and full of CR, LF and dashes, which the form's end is made of.
        _file = new byte[300_001];
        var random = new Random(seed);
        for (var i = 0; i < _file.Length; i++) _file[i] = "\r\n-abc"u8[random.Next(6)];
        _sha256 = Convert.ToHexStringLower(SHA256.HashData(_file));
    }

    [TearDown]
    public async Task Stop()
    {
        await _facade.DisposeAsync();
        await _coordinator.DisposeAsync();
    }

    [Test]
    public async Task A_raw_body_is_stored_under_its_hash()
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/models") { Content = Bytes(_file) };
        message.Content.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileNameStar = "деталь.stl" };
        message.Headers.Add("Repr-Digest", $"sha-512=:AAAA:, sha-256=:{Convert.ToBase64String(SHA256.HashData(_file))}:");
        using var response = await _facade.Http.SendAsync(message);
        var model = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(response.Headers.Location?.ToString(), Is.EqualTo($"/v1/models/{_sha256}"));
            Assert.That(model.GetProperty("sha256").GetString(), Is.EqualTo(_sha256));
            Assert.That(model.GetProperty("sizeBytes").GetString(), Is.EqualTo("300001"));
            Assert.That(model.GetProperty("fileName").GetString(), Is.EqualTo("деталь.stl"));
        }
    }

    [Test]
    public async Task A_form_with_one_file_is_stored_byte_by_byte()
    {
        using var form = new MultipartFormDataContent { { Bytes(_file), "file", "part.stl" } };
        using var response = await _facade.Http.PostAsync("/v1/models", form);
        var model = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(model.GetProperty("sha256").GetString(), Is.EqualTo(_sha256));
            Assert.That(model.GetProperty("fileName").GetString(), Is.EqualTo("part.stl"));
        }
    }

    [Test]
    public async Task Put_under_the_hash_stores_and_under_another_hash_is_refused()
    {
        using var good = await _facade.Http.PutAsync($"/v1/models/{_sha256}?fileName=a.stl", Bytes(_file));
        Assert.That(good.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        using var wrong = await _facade.Http.PutAsync($"/v1/models/{new string('0', 64)}", Bytes(_file));
        await RestTests.AssertProblemAsync(wrong, 400, "HASH_MISMATCH", "sha256");
    }

    [Test]
    public async Task Bytes_travel_on_while_the_rest_is_still_to_come()
    {
        var arrived = new TaskCompletionSource<int>();
        _coordinator.OnUploadModel = async (parts, context) =>
        {
            await parts.MoveNext(context.CancellationToken);
            await parts.MoveNext(context.CancellationToken);
            arrived.SetResult(parts.Current.Chunk.Length);
            while (await parts.MoveNext(context.CancellationToken)) { }
            return new Model { Sha256 = _sha256 };
        };
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        await socket.WriteAsync($"POST /v1/models HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: {_file.Length}\r\n\r\n");
        await socket.WriteAsync(_file[..(Limits.Wire.ChunkBytes + 1)]);
        // The coordinator has the first chunk although the client has sent a quarter: nothing waits for the whole file.
        Assert.That(await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo(Limits.Wire.ChunkBytes));
        await socket.WriteAsync(_file[(Limits.Wire.ChunkBytes + 1)..]);
        Assert.That(await socket.ReadStatusLineAsync(), Is.EqualTo("HTTP/1.1 201 Created"));
    }

    [Test]
    public async Task A_body_cut_off_in_the_middle_is_never_completed_upstream([Values] bool form)
    {
        var ended = new TaskCompletionSource<bool>();
        var begun = new TaskCompletionSource();
        _coordinator.OnUploadModel = async (parts, context) =>
        {
            try
            {
                await parts.MoveNext(context.CancellationToken);
                begun.SetResult();
                while (await parts.MoveNext(context.CancellationToken)) { }
                ended.SetResult(true);
            }
            catch (Exception)
            {
                ended.SetResult(false);
                throw;
            }
            return new Model();
        };
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        // The file is made of CR, LF, '-', a, b and c: with a boundary of those letters it would soon hold one, and be refused for that.
        var type = form ? "multipart/form-data; boundary=z" : "application/octet-stream";
        await socket.WriteAsync($"POST /v1/models HTTP/1.1\r\nHost: x\r\nContent-Type: {type}\r\nContent-Length: {_file.Length}\r\n\r\n");
        if (form) await socket.WriteAsync("--z\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.stl\"\r\n\r\n");
        await socket.WriteAsync(_file[..200_000]);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10));
        socket.EndSending();
        Assert.That(await ended.Task.WaitAsync(TimeSpan.FromSeconds(10)), Is.False);
    }

    [Test]
    public async Task An_early_refusal_of_the_coordinator_reaches_the_caller_who_is_still_sending()
    {
        _coordinator.OnUploadModel = async (parts, context) =>
        {
            await parts.MoveNext(context.CancellationToken);
            throw ScriptedCoordinator.Refused(StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", "Too much today.", retryAfter: TimeSpan.FromSeconds(60));
        };
        using var response = await _facade.Http.PostAsync("/v1/models", Bytes(new byte[8 << 20]));
        await RestTests.AssertProblemAsync(response, 429, "QUOTA_EXCEEDED", null);
        Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(60)));
    }

    [Test]
    public async Task Without_content_length_it_is_411()
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/models") { Content = Bytes(_file) };
        message.Headers.TransferEncodingChunked = true;
        using var response = await _facade.Http.SendAsync(message);
        await RestTests.AssertProblemAsync(response, 411, "CONTENT_LENGTH_REQUIRED", "content-length");
    }

    [Test]
    public async Task A_file_beyond_the_bound_is_413_before_a_byte_is_sent()
    {
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        var size = (Limits.Mesh.FileBytesMax + 1).ToString(CultureInfo.InvariantCulture);
        await socket.WriteAsync($"POST /v1/models HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: {size}\r\nExpect: 100-continue\r\n\r\n");
        Assert.That(await socket.ReadStatusLineAsync(), Is.EqualTo("HTTP/1.1 413 Payload Too Large"));
    }

    [Test]
    public async Task Another_content_type_is_415()
    {
        using var response = await _facade.Http.PostAsync("/v1/models", new StringContent("solid x", Encoding.UTF8, "text/plain"));
        await RestTests.AssertProblemAsync(response, 415, "CONTENT_TYPE_UNSUPPORTED", "content-type");
    }

    [TestCase("?sha256=ABC", null, "SHA256_INVALID", "sha256")]
    [TestCase("", "sha-256=:AAAA:", "REPR_DIGEST_INVALID", "Repr-Digest")]
    [TestCase("", "md5=:AAAA:", "REPR_DIGEST_INVALID", "Repr-Digest")]
    [TestCase("?sha256=0000000000000000000000000000000000000000000000000000000000000000", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", "SHA256_CONTRADICTORY", "Repr-Digest")]
    public async Task A_digest_that_is_none_is_refused(string query, string? digest, string reason, string field)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/v1/models{query}") { Content = Bytes([1]) };
        if (digest is not null) message.Headers.Add("Repr-Digest", digest);
        using var response = await _facade.Http.SendAsync(message);
        await RestTests.AssertProblemAsync(response, 400, reason, field);
    }

    [Test]
    public async Task A_file_name_beyond_the_bound_is_refused()
    {
        using var response = await _facade.Http.PostAsync($"/v1/models?fileName={new string('a', Limits.Quote.FileNameCharsMax + 1)}", Bytes([1]));
        await RestTests.AssertProblemAsync(response, 400, "FILE_NAME_TOO_LONG", "fileName");
    }

    const string FilePart = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.stl\"\r\n\r\n";

    [TestCase("--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nx\r\n--b--\r\n", "MULTIPART_NOT_ONE_FILE", TestName = "A form field instead of a file")]
    [TestCase(FilePart + "one\r\n" + FilePart + "two\r\n--b--\r\n", "MULTIPART_NOT_ONE_FILE", TestName = "Two files")]
    [TestCase(FilePart + "one\r\n--b\r\nContent-Disposition: form-data; name=\"g\"\r\n\r\nx\r\n--b--\r\n", "MULTIPART_NOT_ONE_FILE", TestName = "A field behind the file")]
    [TestCase(FilePart + "one\r\n--b--", "MULTIPART_NOT_ONE_FILE", TestName = "No line break at the end")]
    [TestCase(FilePart + "one\r\n--b--\r\nepilogue", "MULTIPART_NOT_ONE_FILE", TestName = "An epilogue")]
    [TestCase(FilePart + "one and no end at all, though long enough", "MULTIPART_NOT_ONE_FILE", TestName = "No end")]
    [TestCase(FilePart + "x", "MULTIPART_INVALID", TestName = "Shorter than its own end")]
    [TestCase("--c\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.stl\"\r\n\r\nx\r\n--c--\r\n", "MULTIPART_INVALID", TestName = "Another boundary")]
    [TestCase("garbage", "MULTIPART_INVALID", TestName = "No headers")]
    [TestCase("", "MULTIPART_INVALID", TestName = "Nothing")]
    public async Task A_form_that_is_not_one_file_is_refused_and_not_stored(string body, string reason)
    {
        var stored = false;
        var store = _coordinator.OnUploadModel;
        _coordinator.OnUploadModel = async (parts, context) =>
        {
            var model = await store(parts, context);
            stored = true;
            return model;
        };
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        using var response = await _facade.Http.PostAsync("/v1/models", content);
        await RestTests.AssertProblemAsync(response, 400, reason, "body");
        Assert.That(stored, Is.False);
    }

    static ByteArrayContent Bytes(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
}
