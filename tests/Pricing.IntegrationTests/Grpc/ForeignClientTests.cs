using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using NUnit.Framework;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>The server as a client in JavaScript sees it.</summary>
sealed class ForeignClientTests
{
    [Test]
    public async Task Node_client_and_our_server_agree_on_everything()
    {
        await using var server = await ProbeServer.StartAsync(grpc =>
        {
            grpc.MaxReceiveMessageSize = 2 << 20;
            grpc.ResponseCompressionAlgorithm = "gzip";
        });

        var protos = Path.Combine(ForeignClient.WebFolder, "..", "Pricing.IntegrationTests", "Grpc");
        var output = await ForeignClient.NodeAsync("probe-client.mjs", $"127.0.0.1:{server.Port}", protos);

        using var document = JsonDocument.Parse(output);
        var saw = document.RootElement;
        var rich = global::Google.Rpc.Status.Parser.ParseFrom(saw.GetProperty("richDetails").GetBytesFromBase64());
        Assert.Multiple(() =>
        {
            Assert.That(saw.GetProperty("echo").GetString(), Is.EqualTo("HI"));
            Assert.That(Numbers("headerBlob"), Is.EqualTo(new[] { 0, 127, 128, 255 }));
            Assert.That(Numbers("trailerBlob"), Is.EqualTo(new[] { 255, 128, 127, 0 }));
            Assert.That(saw.GetProperty("sum").GetInt32(), Is.EqualTo(5050));
            Assert.That(Numbers("count"), Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
            Assert.That(Numbers("chat"), Is.EqualTo(new[] { 2, 4, 6 }));
            Assert.That(CodeOf("richCode"), Is.EqualTo(StatusCode.InvalidArgument));
            Assert.That(rich.Details.Single().Unpack<ErrorInfo>().Metadata["limit_mm"], Is.EqualTo("0.8"));
            Assert.That(CodeOf("bugCode"), Is.EqualTo(StatusCode.Unknown));
            Assert.That(CodeOf("missingCode"), Is.EqualTo(StatusCode.Unimplemented));
            Assert.That(CodeOf("deadlineCode"), Is.EqualTo(StatusCode.DeadlineExceeded));
            Assert.That(CodeOf("tooLargeCode"), Is.EqualTo(StatusCode.ResourceExhausted));
            Assert.That(saw.GetProperty("zippedBytes").GetInt32(), Is.EqualTo(1 << 20));
        });
        await server.Log.ServerTokenFired.Task.WaitAsync(ProbeServer.Patience);

        int[] Numbers(string name) => [.. saw.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];
        StatusCode CodeOf(string name) => (StatusCode)saw.GetProperty(name).GetInt32();
    }
}
