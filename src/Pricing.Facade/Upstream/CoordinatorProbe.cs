using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Pricing.Facade.Upstream;

/// <summary>Asks the coordinator's health service whether it serves; any gRPC answer of a coordinator without one counts as reachable.</summary>
sealed class CoordinatorProbe(CoordinatorConnection coordinator)
{
    static readonly byte[] EmptyMessage = new byte[5];

    /// <summary>HealthCheckResponse { status = SERVING } on the wire: field 1, varint 1, behind the five bytes of the frame.</summary>
    static readonly byte[] Serving = [0, 0, 0, 0, 2, 8, 1];

    public async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(Limits.Edge.ReadinessSeconds));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(coordinator.Address, "/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(EmptyMessage) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        try
        {
            using var response = await coordinator.Raw.SendAsync(request, deadline.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(deadline.Token);
            var body = new byte[16];
            var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, deadline.Token);
            return Status(response) switch
            {
                0 => body.AsSpan(0, length).SequenceEqual(Serving),
                (int)Grpc.Core.StatusCode.Unimplemented => true,
                _ => false,
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    static int? Status(HttpResponseMessage response)
    {
        var value = response.TrailingHeaders.TryGetValues("grpc-status", out var trailer) ? trailer.First()
            : response.Headers.TryGetValues("grpc-status", out var header) ? header.First() : null;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : null;
    }
}
