using System.Buffers;
using System.IO.Compression;
using System.Text;
using Grpc.Core;
using Grpc.Net.Compression;
using NUnit.Framework;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>Behaviour of the stand-ins that callers rely on and no call over the wire would show.</summary>
sealed class StandInApiTests
{
    [Test]
    public void Metadata_keys_are_lower_cased()
    {
        var metadata = new Metadata { { "Tenant-ID", "acme" } };

        Assert.That(metadata[0].Key, Is.EqualTo("tenant-id"));
        Assert.That(metadata.GetValue("tenant-id"), Is.EqualTo("acme"));
    }

    [TestCase("")]
    [TestCase("white space")]
    [TestCase("umläut")]
    [TestCase("colon:")]
    [TestCase("line\n")]
    public void Metadata_key_with_foreign_characters_is_refused(string key) =>
        Assert.Throws<ArgumentException>(() => _ = new Metadata.Entry(key, "value"));

    [Test]
    public void Metadata_key_says_whether_its_value_is_binary()
    {
        var entry = new Metadata.Entry("blob-bin", new byte[] { 1, 2 });

        Assert.Multiple(() =>
        {
            Assert.That(entry.IsBinary, Is.True);
            Assert.That(entry.ValueBytes, Is.EqualTo(new byte[] { 1, 2 }));
            Assert.Throws<InvalidOperationException>(() => _ = entry.Value);
            Assert.Throws<ArgumentException>(() => _ = new Metadata.Entry("blob-bin", "text"));
            Assert.Throws<ArgumentException>(() => _ = new Metadata.Entry("blob", new byte[1]));
            Assert.That(new Metadata.Entry("text", "ab").ValueBytes, Is.EqualTo("ab"u8.ToArray()));
        });
    }

    [Test]
    public void Metadata_values_cannot_be_changed_from_outside()
    {
        var bytes = new byte[] { 1 };
        var entry = new Metadata.Entry("blob-bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[0] = 9;

        Assert.That(entry.ValueBytes, Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void Metadata_keeps_repeated_keys_in_order_and_gets_the_last()
    {
        var metadata = new Metadata { { "a", "1" }, { "b", "2" }, { "a", "3" } };

        Assert.That(metadata.GetAll("a").Select(entry => entry.Value), Is.EqualTo(new[] { "1", "3" }));
        Assert.That(metadata.GetValue("a"), Is.EqualTo("3"));
        Assert.That(metadata.Get("c"), Is.Null);
    }

    [Test]
    public void Metadata_is_a_list()
    {
        var metadata = new Metadata { { "a", "1" } };
        var entry = new Metadata.Entry("b", "2");
        metadata.Insert(0, entry);

        Assert.That(metadata.IndexOf(entry), Is.Zero);
        Assert.That(metadata.Contains(entry), Is.True);
        Assert.That(metadata.Remove(entry), Is.True);
        metadata.RemoveAt(0);
        Assert.That(metadata, Is.Empty);
    }

    [Test]
    public void Empty_metadata_cannot_be_changed()
    {
        Assert.That(Metadata.Empty.IsReadOnly, Is.True);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "1"));
        Assert.Throws<InvalidOperationException>(Metadata.Empty.Clear);
    }

    [Test]
    public void Call_options_change_only_what_is_named()
    {
        using var cancel = new CancellationTokenSource();
        var headers = new Metadata();
        var deadline = new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var credentials = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);
        var write = new WriteOptions(WriteFlags.BufferHint);

        var options = new CallOptions().WithHeaders(headers).WithDeadline(deadline).WithCancellationToken(cancel.Token)
            .WithCredentials(credentials).WithWriteOptions(write).WithWaitForReady();

        Assert.Multiple(() =>
        {
            Assert.That(options.Headers, Is.SameAs(headers));
            Assert.That(options.Deadline, Is.EqualTo(deadline));
            Assert.That(options.CancellationToken, Is.EqualTo(cancel.Token));
            Assert.That(options.Credentials, Is.SameAs(credentials));
            Assert.That(options.WriteOptions, Is.SameAs(write));
            Assert.That(options.IsWaitForReady, Is.True);
            Assert.That(options.WithWaitForReady(false).IsWaitForReady, Is.False);
            Assert.That(new CallOptions().IsWaitForReady, Is.False);
        });
    }

    [Test]
    public void Call_credentials_ride_only_on_secured_channels()
    {
        var call = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);

        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(ChannelCredentials.Insecure, call));
        Assert.DoesNotThrow(() => ChannelCredentials.Create(new SslCredentials(), call));
        Assert.Throws<ArgumentException>(() => CallCredentials.Compose(call));
    }

    [Test]
    public void Exception_says_its_status()
    {
        var cause = new IOException("cable");
        var error = new RpcException(new Status(StatusCode.Unavailable, "gone", cause));

        Assert.Multiple(() =>
        {
            Assert.That(error.Message, Does.Contain("Unavailable").And.Contain("gone").And.Contain("cable"));
            Assert.That(error.InnerException, Is.SameAs(cause));
            Assert.That(error.Trailers, Is.Empty);
            Assert.That(new RpcException(Status.DefaultCancelled, "other text").Message, Is.EqualTo("other text"));
        });
    }

    [Test]
    public void Marshallers_of_both_kinds_serve_both_callers()
    {
        var overContexts = Marshallers.Create<string>(
            (text, context) =>
            {
                context.SetPayloadLength(text.Length);
                context.GetBufferWriter().Write(Encoding.ASCII.GetBytes(text));
                context.Complete();
            },
            context => Encoding.ASCII.GetString(context.PayloadAsReadOnlySequence()));

        foreach (var marshaller in new[] { overContexts, Marshallers.StringMarshaller })
            Assert.That(marshaller.Deserializer(marshaller.Serializer("text")), Is.EqualTo("text"));
    }

    [Test]
    public void Identity_of_a_peer_is_found_by_its_property()
    {
        var context = new AuthContext("name", new Dictionary<string, List<AuthProperty>>
        {
            ["name"] = [AuthProperty.Create("name", "node-1"u8.ToArray())],
        });

        Assert.That(context.IsPeerAuthenticated, Is.True);
        Assert.That(context.PeerIdentity.Single().Value, Is.EqualTo("node-1"));
        Assert.That(context.FindPropertiesByName("other"), Is.Empty);
        Assert.That(new AuthContext(null, []).IsPeerAuthenticated, Is.False);
    }

    [Test]
    public async Task Writer_that_cannot_cancel_refuses_a_token_that_can()
    {
        IAsyncStreamWriter<string> writer = new PlainWriter();
        using var cancel = new CancellationTokenSource();

        await writer.WriteAsync("x", CancellationToken.None);
        await Assert.ThrowsAsync<NotSupportedException>(() => writer.WriteAsync("x", cancel.Token));
    }

    // RFC 1950: the low nibble of the first byte is 8 and the first two bytes are a multiple of 31. RFC 1952: 1f 8b.
    [Test]
    public void Deflate_is_zlib_and_gzip_is_gzip()
    {
        var deflate = Compress(new DeflateCompressionProvider(CompressionLevel.Optimal));
        var gzip = Compress(new GzipCompressionProvider(CompressionLevel.Optimal));

        Assert.That(deflate[0] & 0x0f, Is.EqualTo(8));
        Assert.That((deflate[0] << 8 | deflate[1]) % 31, Is.Zero);
        Assert.That(gzip[..2], Is.EqualTo(new byte[] { 0x1f, 0x8b }));
    }

    static byte[] Compress(ICompressionProvider provider)
    {
        var result = new MemoryStream();
        using (var stream = provider.CreateCompressionStream(result, null))
            stream.Write(new byte[100]);
        Assert.That(result.CanWrite, Is.True, "the inner stream stays open");
        return result.ToArray();
    }

    sealed class PlainWriter : IAsyncStreamWriter<string>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message) => Task.CompletedTask;
    }
}
