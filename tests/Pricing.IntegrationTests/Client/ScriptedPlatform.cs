using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Client;

/// <summary>
/// A real gRPC server on a free port that behaves badly on purpose: what the SDK must survive cannot be asked of the real platform.
/// </summary>
sealed class ScriptedPlatform : IAsyncDisposable
{
    readonly WebApplication _app;

    ScriptedPlatform(WebApplication app, Script script) => (_app, Script) = (app, script);

    public Script Script { get; }

    public Uri Address => new(_app.Urls.First());

    public static async Task<ScriptedPlatform> StartAsync()
    {
        var script = new Script();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(script);
        var app = builder.Build();
        app.MapGrpcService<Models>();
        app.MapGrpcService<Quotes>();
        await app.StartAsync();
        return new ScriptedPlatform(app, script);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    sealed class Models(Script script) : ModelService.ModelServiceBase
    {
        public override Task<Model> CreateModel(CreateModelRequest request, ServerCallContext context) => script.CreateModel(request);

        public override Task<Model> UploadModel(IAsyncStreamReader<UploadModelRequest> requests, ServerCallContext context) => script.UploadModel(requests);
    }

    sealed class Quotes(Script script) : QuoteService.QuoteServiceBase
    {
        public override Task<Quote> CreateQuote(CreateQuoteRequest request, ServerCallContext context)
        {
            script.CreateQuoteRequests.Enqueue(request);
            return script.CreateQuote(request);
        }

        public override Task WatchQuote(WatchQuoteRequest request, IServerStreamWriter<WatchQuoteResponse> responses, ServerCallContext context) =>
            script.WatchQuote(responses, context.CancellationToken);

        public override Task<ListQuotesResponse> ListQuotes(ListQuotesRequest request, ServerCallContext context) => script.ListQuotes(request);
    }
}

/// <summary>What the scripted platform answers.</summary>
sealed class Script
{
    public ConcurrentQueue<CreateQuoteRequest> CreateQuoteRequests { get; } = [];
    public Func<CreateModelRequest, Task<Model>> CreateModel { get; set; } = request =>
        Task.FromResult(new Model { Name = $"{request.Parent}/models/{request.Sha256}", State = Model.Types.State.AwaitingUpload });
    public Func<IAsyncStreamReader<UploadModelRequest>, Task<Model>> UploadModel { get; set; } = _ => throw Failed(StatusCode.Unimplemented);
    public Func<CreateQuoteRequest, Task<Quote>> CreateQuote { get; set; } = _ => throw Failed(StatusCode.Unimplemented);
    public Func<IServerStreamWriter<WatchQuoteResponse>, CancellationToken, Task> WatchQuote { get; set; } = (_, _) => throw Failed(StatusCode.Unimplemented);
    public Func<ListQuotesRequest, Task<ListQuotesResponse>> ListQuotes { get; set; } = _ => throw Failed(StatusCode.Unimplemented);

    public static RpcException Failed(StatusCode code, string detail = "scripted") => new(new Status(code, detail));
}
