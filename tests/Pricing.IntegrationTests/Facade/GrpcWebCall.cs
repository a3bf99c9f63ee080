using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;

namespace Pricing.IntegrationTests.Facade;

/// <summary>A gRPC-web client of a few lines, so that tests can send and see every byte.</summary>
static class GrpcWebCall
{
    public const string Binary = "application/grpc-web+proto";
    public const string Text = "application/grpc-web-text";

    public static byte[] Frame(IMessage message, byte flags = 0) => Frame(message.ToByteArray(), flags);

    public static byte[] Frame(byte[] payload, byte flags = 0)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static HttpRequestMessage Request(string path, byte[] body, string contentType = Binary, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        request.Headers.Add("X-Grpc-Web", "1");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    public static async Task<GrpcWebAnswer> SendAsync(HttpClient http, HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await http.SendAsync(request);
            var body = await response.Content.ReadAsByteArrayAsync();
            var isText = response.Content.Headers.ContentType?.MediaType?.StartsWith(Text, StringComparison.Ordinal) == true;
            return GrpcWebAnswer.Of(response, isText ? Decode(Encoding.ASCII.GetString(body)) : body);
        }
    }

    /// <summary>Decodes segment by segment: a quad that ends in padding ends a segment.</summary>
    public static byte[] Decode(string text)
    {
        using var bytes = new MemoryStream();
        for (var at = 0; at < text.Length; at += 4) bytes.Write(Convert.FromBase64String(text.Substring(at, 4)));
        return bytes.ToArray();
    }

    /// <summary>Reads one frame from a stream that may not have ended.</summary>
    public static async Task<(byte Flags, byte[] Payload)?> ReadFrameAsync(Stream stream)
    {
        var header = new byte[5];
        var read = await stream.ReadAtLeastAsync(header, 5, throwOnEndOfStream: false);
        if (read == 0) return null;
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))];
        await stream.ReadExactlyAsync(payload);
        return (header[0], payload);
    }

    public static Dictionary<string, string> Trailers(byte[] block) => Encoding.ASCII.GetString(block)
        .Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(": ", 2))
        .ToDictionary(parts => parts[0], parts => parts[1]);
}

/// <summary>What came back, taken apart.</summary>
sealed record GrpcWebAnswer(HttpResponseMessage Response, List<byte[]> Messages, Dictionary<string, string> Trailers, bool TrailersOnly)
{
    public int Status => int.Parse(Trailers["grpc-status"], System.Globalization.CultureInfo.InvariantCulture);

    public string Message => Uri.UnescapeDataString(Trailers.GetValueOrDefault("grpc-message", ""));

    public Google.Rpc.Status Details => Google.Rpc.Status.Parser.ParseFrom(Base64(Trailers["grpc-status-details-bin"]));

    public Google.Rpc.ErrorInfo ErrorInfo => Details.Details.First(detail => detail.Is(Google.Rpc.ErrorInfo.Descriptor)).Unpack<Google.Rpc.ErrorInfo>();

    public string Header(string name) => Response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : "";

    public static byte[] Base64(string text) => Convert.FromBase64String(text.TrimEnd('=').PadRight((text.TrimEnd('=').Length + 3) / 4 * 4, '='));

    public static GrpcWebAnswer Of(HttpResponseMessage response, byte[] body)
    {
        var messages = new List<byte[]>();
        Dictionary<string, string>? trailers = null;
        for (var at = 0; at < body.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            var payload = body.AsSpan(at + 5, length).ToArray();
            if ((body[at] & 0x80) != 0) trailers = GrpcWebCall.Trailers(payload);
            else if (trailers is not null) throw new InvalidDataException("a message after the trailers");
            else messages.Add(payload);
            at += 5 + length;
        }
        var only = trailers is null;
        trailers ??= response.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(",", header.Value));
        return new(response, messages, trailers, only);
    }
}
