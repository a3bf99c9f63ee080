using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pricing.Catalog.V1;
using Pricing.Quoting.V1;
using PartGeometry = Pricing.Quoting.V1.Geometry;
using Status = Grpc.Core.Status;

namespace Pricing.IntegrationTests.Facade;

/// <summary>
/// A real gRPC server over real HTTP/2 whose behaviour a test chooses, for what an honest coordinator cannot be made to do on command:
/// stand still, fail in the middle, send odd metadata. What the coordinator itself does is tested against the coordinator.
/// </summary>
sealed class ScriptedCoordinator : IAsyncDisposable
{
    readonly WebApplication _app;

    ScriptedCoordinator(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public Func<CreateQuoteRequest, ServerCallContext, Task<Quote>> OnCreateQuote { get; set; } = (request, _) => Task.FromResult(Accepted(request));

    public Func<GetQuoteRequest, ServerCallContext, Task<Quote>> OnGetQuote { get; set; } = (request, _) => Task.FromResult(Priced(request.Name));

    public Func<ListQuotesRequest, ServerCallContext, Task<ListQuotesResponse>> OnListQuotes { get; set; } =
        (request, _) => Task.FromResult(new ListQuotesResponse { Quotes = { Priced($"{request.Parent}/quotes/q-1") }, NextPageToken = "after q-1" });

    public Func<WatchQuoteRequest, IServerStreamWriter<WatchQuoteResponse>, ServerCallContext, Task> OnWatchQuote { get; set; } = WatchToTheEndAsync;

    public Func<IAsyncStreamReader<UploadModelRequest>, ServerCallContext, Task<Model>> OnUploadModel { get; set; } = StoreAsync;

    /// <summary>Metadata of every call as it arrived.</summary>
    public ConcurrentQueue<Metadata> Calls { get; } = [];

    public static async Task<ScriptedCoordinator> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, listener => listener.Protocols = HttpProtocols.Http2);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddGrpc();
        ScriptedCoordinator? script = null;
        builder.Services.AddSingleton(_ => script!);
        var app = builder.Build();
        script = new ScriptedCoordinator(app);
        app.MapGrpcService<Quotes>();
        app.MapGrpcService<Models>();
        app.MapGrpcService<Lists>();
        await app.StartAsync();
        return script;
    }

    public static Quote Priced(string name) => new()
    {
        Name = name,
        Model = "partners/local/models/" + new string('a', 64),
        State = Quote.Types.State.Priced,
        Quantities = { 1, 9_007_199_254_740_993 }, // beyond what a JavaScript number holds
        CurrencyCode = "EUR",
        Prices =
        {
            new Price
            {
                Process = "fdm", Material = "pla", Quantity = 1, State = Price.Types.State.Firm, LeadTimeDays = 3,
                UnitPrice = new Money { CurrencyCode = "EUR", Amount = "12.34" },
                Total = new Money { CurrencyCode = "EUR", Amount = "12.34" },
                Components = { new PriceComponent { Kind = "material", Label = "Material", Inputs = { new PriceInput { Name = "mass_g", Value = "10" } } } },
            },
        },
        Measurement = new Measurement
        {
            Digest = ByteString.CopyFrom(1, 2, 3),
            Geometry = new PartGeometry { Triangles = 12, Watertight = true, VolumeMm3 = 1000.5, Verdict = PartGeometry.Types.Verdict.Exact, Shells = 1 },
            Options = new MeasureOptions { Scale = 1 },
        },
        CreateTime = Timestamp.FromDateTime(new DateTime(2026, 11, 20, 12, 0, 0, DateTimeKind.Utc)),
        Etag = "e1",
    };

    public static Quote Accepted(CreateQuoteRequest request)
    {
        var quote = request.Quote.Clone();
        quote.Name = $"{request.Parent}/quotes/q-new";
        quote.State = Quote.Types.State.Measuring;
        quote.RequestId = request.RequestId;
        quote.Etag = "m1";
        return quote;
    }

    /// <summary>A refusal as the contract says: google.rpc.Status in grpc-status-details-bin.</summary>
    public static RpcException Refused(StatusCode code, string reason, string message, string field = "", TimeSpan? retryAfter = null)
    {
        var info = new ErrorInfo { Type = reason, Domain = "pricing", Metadata = { ["field"] = field, ["limit"] = "7 things", ["actual"] = "8 things" } };
        var status = new Google.Rpc.Status { Code = (int)code, Message = message, Details = { Any.Pack(info) } };
        if (retryAfter is { } delay) status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        return new RpcException(new Status(code, message), new Metadata { { "grpc-status-details-bin", status.ToByteArray() }, { "x-said", "no" } });
    }

    /// <summary>Stands still until the caller is gone or its time is up.</summary>
    public static async Task WhenCancelled(ServerCallContext context)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.CancellationToken.Register(cancelled.SetResult);
        await cancelled.Task;
    }

    static async Task WatchToTheEndAsync(WatchQuoteRequest request, IServerStreamWriter<WatchQuoteResponse> events, ServerCallContext context)
    {
        await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress { Stage = QuoteProgress.Types.Stage.Queued, QueuePosition = 3 } });
        await events.WriteAsync(new WatchQuoteResponse { Heartbeat = new Heartbeat() });
        await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress { Stage = QuoteProgress.Types.Stage.Measuring, Fraction = 0.5, BytesDone = 1L << 40 } });
        await events.WriteAsync(new WatchQuoteResponse { Quote = Priced(request.Name) });
    }

    static async Task<Model> StoreAsync(IAsyncStreamReader<UploadModelRequest> parts, ServerCallContext context)
    {
        await parts.MoveNext(context.CancellationToken);
        var header = parts.Current.Header;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        while (await parts.MoveNext(context.CancellationToken))
        {
            hash.AppendData(parts.Current.Chunk.Span);
            size += parts.Current.Chunk.Length;
        }
        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (size != header.SizeBytes) throw Refused(StatusCode.InvalidArgument, "SIZE_MISMATCH", "The stream is not as long as announced.", "size_bytes");
        if (header.Sha256.Length > 0 && header.Sha256 != sha256) throw Refused(StatusCode.InvalidArgument, "HASH_MISMATCH", "The bytes are not those announced.", "sha256");
        return new Model { Name = $"{header.Parent}/models/{sha256}", Sha256 = sha256, SizeBytes = size, FileName = header.FileName, State = Model.Types.State.Stored, Etag = sha256[..8] };
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    sealed class Quotes(ScriptedCoordinator script) : QuoteService.QuoteServiceBase
    {
        public override Task<Quote> CreateQuote(CreateQuoteRequest request, ServerCallContext context)
        {
            script.Calls.Enqueue(context.RequestHeaders);
            return script.OnCreateQuote(request, context);
        }

        public override Task<Quote> GetQuote(GetQuoteRequest request, ServerCallContext context)
        {
            script.Calls.Enqueue(context.RequestHeaders);
            return script.OnGetQuote(request, context);
        }

        public override Task<ListQuotesResponse> ListQuotes(ListQuotesRequest request, ServerCallContext context) => script.OnListQuotes(request, context);

        public override Task<Quote> CancelQuote(CancelQuoteRequest request, ServerCallContext context)
        {
            var quote = Priced(request.Name);
            quote.State = Quote.Types.State.Cancelled;
            quote.RequestId = request.RequestId;
            return Task.FromResult(quote);
        }

        public override Task WatchQuote(WatchQuoteRequest request, IServerStreamWriter<WatchQuoteResponse> responseStream, ServerCallContext context)
        {
            script.Calls.Enqueue(context.RequestHeaders);
            return script.OnWatchQuote(request, responseStream, context);
        }
    }

    sealed class Models(ScriptedCoordinator script) : ModelService.ModelServiceBase
    {
        public override Task<Model> UploadModel(IAsyncStreamReader<UploadModelRequest> requestStream, ServerCallContext context) => script.OnUploadModel(requestStream, context);

        public override Task<Model> GetModel(GetModelRequest request, ServerCallContext context) =>
            Task.FromResult(new Model { Name = request.Name, Sha256 = request.Name.Split('/')[^1], SizeBytes = 84, State = Model.Types.State.Stored, Etag = "model-1" });
    }

    sealed class Lists : PriceListService.PriceListServiceBase
    {
        public override Task<ListProcessesResponse> ListProcesses(ListProcessesRequest request, ServerCallContext context) => Task.FromResult(new ListProcessesResponse
        {
            CurrencyCode = "EUR",
            PriceListVersion = "priceLists/standard/versions/1",
            Processes = { new Process { Process_ = "fdm", Label = "FDM", Materials = { new Material { Material_ = "pla", DensityGCm3 = "1.24" } }, LeadTimes = { new LeadTime { LeadTime_ = "standard", Days = 5, Factor = "1" } } } },
        });
    }
}
