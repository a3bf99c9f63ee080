using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Compression;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>Compression both ways, size limits both ways, and the message that is small only until it is inflated.</summary>
sealed class MessageSizeTests
{
    const int MiB = 1 << 20;
    const string EncodingRequestHeader = "grpc-internal-encoding-request";

    static readonly ByteString Zeros = ByteString.CopyFrom(new byte[MiB]);

    [TestCase("gzip")]
    [TestCase("deflate")]
    public async Task Messages_are_small_on_the_wire_both_ways(string encoding)
    {
        await using var server = await ProbeServer.StartAsync(grpc =>
        {
            grpc.ResponseCompressionAlgorithm = encoding;
            grpc.ResponseCompressionLevel = CompressionLevel.Fastest;
        });
        var wire = new WireCount();
        using var handler = ProbeServer.CountingHandler(wire);
        var client = server.Client(channel => channel.HttpHandler = handler);

        var answer = await client.EchoAsync(new Ask { Payload = Zeros }, new Metadata { { EncodingRequestHeader, encoding } });

        Assert.That(answer.Payload, Is.EqualTo(Zeros));
        Assert.That(wire.Written, Is.LessThan(MiB / 10), "request");
        Assert.That(wire.Read, Is.LessThan(MiB / 10), "response");
    }

    [Test]
    public async Task No_compress_flag_is_obeyed_both_ways()
    {
        await using var server = await ProbeServer.StartAsync(grpc => grpc.ResponseCompressionAlgorithm = "gzip");
        var wire = new WireCount();
        using var handler = ProbeServer.CountingHandler(wire);
        var client = server.Client(channel => channel.HttpHandler = handler);
        var options = new CallOptions(new Metadata { { EncodingRequestHeader, "gzip" } })
            .WithWriteOptions(new WriteOptions(WriteFlags.NoCompress));

        await client.EchoAsync(new Ask { Text = "plain", Payload = Zeros }, options);

        Assert.That(wire.Written, Is.GreaterThan(MiB), "request");
        Assert.That(wire.Read, Is.GreaterThan(MiB), "response");
    }

    [Test]
    public async Task Request_over_the_receive_limit_of_the_server_is_refused()
    {
        await using var server = await ProbeServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = 1000);

        await RefusedAsync(() => server.Client().EchoAsync(new Ask { Payload = ByteString.CopyFrom(new byte[1001]) }).ResponseAsync);

        Assert.That(server.Log.Attempts, Is.Zero, "the handler must not see it");
    }

    [Test]
    public async Task Response_over_the_send_limit_of_the_server_is_refused()
    {
        await using var server = await ProbeServer.StartAsync(grpc => grpc.MaxSendMessageSize = 1000);

        await RefusedAsync(() => server.Client().EchoAsync(new Ask { Payload = ByteString.CopyFrom(new byte[1001]) }).ResponseAsync);
    }

    [Test]
    public async Task Request_over_the_send_limit_of_the_client_is_refused()
    {
        await using var server = await ProbeServer.StartAsync();
        var client = server.Client(channel => channel.MaxSendMessageSize = 1000);

        await RefusedAsync(() => client.EchoAsync(new Ask { Payload = ByteString.CopyFrom(new byte[1001]) }).ResponseAsync);

        Assert.That(server.Log.Attempts, Is.Zero);
    }

    [Test]
    public async Task Response_over_the_receive_limit_of_the_client_is_refused()
    {
        await using var server = await ProbeServer.StartAsync();
        var client = server.Client(channel => channel.MaxReceiveMessageSize = 1000);

        await RefusedAsync(() => client.EchoAsync(new Ask { Payload = ByteString.CopyFrom(new byte[1001]) }).ResponseAsync);
    }

    [Test]
    public async Task Message_within_every_limit_passes()
    {
        await using var server = await ProbeServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = grpc.MaxSendMessageSize = 1100);
        var client = server.Client(channel => channel.MaxReceiveMessageSize = channel.MaxSendMessageSize = 1100);

        var answer = await client.EchoAsync(new Ask { Payload = ByteString.CopyFrom(new byte[1000]) });

        Assert.That(answer.Payload, Has.Length.EqualTo(1000));
    }

    [TestCase("gzip")]
    [TestCase("deflate")]
    public async Task Request_that_inflates_over_the_limit_is_refused_without_being_inflated_whole(string encoding)
    {
        const int inflatedBytes = 128 * MiB;
        await using var server = await ProbeServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = MiB);
        // The first call warms the server up, so that the second one's allocations are those of the refusal.
        await BombAsync(server, encoding, Compressed(encoding, 2 * MiB));
        var bomb = Compressed(encoding, inflatedBytes);
        Assert.That(bomb, Has.Length.LessThan(MiB), "the bomb itself passes the limit");

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var status = await BombAsync(server, encoding, bomb);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        Assert.That(status, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(server.Log.Attempts, Is.Zero, "the handler must not see it");
        Assert.That(allocated, Is.LessThan(inflatedBytes / 4), "bytes allocated while refusing");
    }

    [Test]
    public async Task Response_that_inflates_over_the_limit_of_the_client_is_refused()
    {
        await using var server = await ProbeServer.StartAsync(grpc =>
        {
            grpc.ResponseCompressionAlgorithm = "gzip";
            grpc.MaxReceiveMessageSize = null;
        });
        var client = server.Client(channel => channel.MaxReceiveMessageSize = MiB / 2);

        await RefusedAsync(() => client.EchoAsync(new Ask { Payload = Zeros }).ResponseAsync);
    }

    static async Task RefusedAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => call());
        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted), error.Status.Detail);
    }

    static byte[] Compressed(string encoding, int zeros)
    {
        ICompressionProvider provider = encoding == "gzip"
            ? new GzipCompressionProvider(CompressionLevel.Optimal)
            : new DeflateCompressionProvider(CompressionLevel.Optimal);
        var result = new MemoryStream();
        using (var compress = provider.CreateCompressionStream(result, null))
        {
            var block = new byte[MiB];
            for (var written = 0; written < zeros; written += block.Length)
                compress.Write(block);
        }
        return result.ToArray();
    }

    static async Task<StatusCode> BombAsync(ProbeServer server, string encoding, byte[] compressed)
    {
        var frame = new byte[5 + compressed.Length];
        frame[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), compressed.Length);
        compressed.CopyTo(frame, 5);
        using var http = new HttpClient { Timeout = ProbeServer.Patience };
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address + "/probe.v1.Probe/Echo")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.Add("grpc-encoding", encoding);
        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        var status = response.Headers.Concat(response.TrailingHeaders).First(header => header.Key == "grpc-status").Value.Single();
        return (StatusCode)int.Parse(status, System.Globalization.CultureInfo.InvariantCulture);
    }
}
