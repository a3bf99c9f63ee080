using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Bench;

/// <summary>A client stream that is read and dropped: what gRPC alone costs. Messages and chunks are those of a real upload.</summary>
static class BareUploadSink
{
    public static async Task RunAsync(TextWriter output, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        app.MapGrpcService<Sink>();
        await app.StartAsync(cancellation);
        await output.WriteLineAsync($"ready coordinator {app.Urls.First()}");
        await output.WriteLineAsync("ready sink");
        await output.FlushAsync(cancellation);
        await ((IHost)app).WaitForShutdownAsync(cancellation);
    }

    sealed class Sink : ModelService.ModelServiceBase
    {
        public override async Task<Model> UploadModel(IAsyncStreamReader<UploadModelRequest> requestStream, ServerCallContext context)
        {
            long bytes = 0;
            while (await requestStream.MoveNext(context.CancellationToken))
                bytes += requestStream.Current.Chunk.Length;
            return new Model { SizeBytes = bytes };
        }
    }
}
