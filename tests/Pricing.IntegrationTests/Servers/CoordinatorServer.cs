using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Catalog.V1;
using Pricing.Coordinator;
using Pricing.Node.V1;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;
using RpcStatus = Google.Rpc.Status;

namespace Pricing.IntegrationTests.Servers;

/// <summary>A real coordinator on a free port, with its clients. Stopping it keeps database and model folder, so that it can be started again.</summary>
public sealed class CoordinatorServer : IAsyncDisposable
{
    readonly WebApplication _app;
    bool _stopped;
    bool _ownsFolder;

    CoordinatorServer(WebApplication app, CoordinatorOptions options)
    {
        _app = app;
        Options = options;
        Address = new Uri(app.Urls.Single());
        // Tests open many streams at once; the coordinator bounds streams per connection, so more connections are needed.
        Channel = GrpcChannel.ForAddress(Address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
            MaxReceiveMessageSize = Limits.Wire.MessageBytesMax,
        });
        Models = new ModelService.ModelServiceClient(Channel);
        Quotes = new QuoteService.QuoteServiceClient(Channel);
        Prices = new PriceService.PriceServiceClient(Channel);
        PriceLists = new PriceListService.PriceListServiceClient(Channel);
        Nodes = new NodeService.NodeServiceClient(Channel);
        Ops = new OpsService.OpsServiceClient(Channel);
        Database = NpgsqlDataSource.Create(options.ConnectionString);
    }

    public const string Partner = "partners/local";

    public CoordinatorOptions Options { get; }
    public Uri Address { get; }
    public GrpcChannel Channel { get; }
    public ModelService.ModelServiceClient Models { get; }
    public QuoteService.QuoteServiceClient Quotes { get; }
    public PriceService.PriceServiceClient Prices { get; }
    public PriceListService.PriceListServiceClient PriceLists { get; }
    public NodeService.NodeServiceClient Nodes { get; }
    public OpsService.OpsServiceClient Ops { get; }

    /// <summary>The test's own way into the database, beside the coordinator's.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>A new database and folder.</summary>
    public static async Task<CoordinatorServer> StartAsync(Func<CoordinatorOptions, CoordinatorOptions>? adjust = null)
    {
        var options = new CoordinatorOptions
        {
            ConnectionString = await PostgresServer.CreateDatabaseAsync(),
            ModelFolder = Directory.CreateTempSubdirectory("pricing-models-").FullName,
            EngineVersion = 1,
            LogLevel = LogLevel.Error,
        };
        var server = await StartAsync(adjust?.Invoke(options) ?? options);
        server._ownsFolder = true;
        return server;
    }

    /// <summary>On what another one left behind, or beside it.</summary>
    public static async Task<CoordinatorServer> StartAsync(CoordinatorOptions options)
    {
        var app = CoordinatorHost.Build(options);
        await app.StartAsync();
        return new CoordinatorServer(app, options);
    }

    /// <summary>Uploads bytes as one partner; returns the model's name.</summary>
    public async Task<string> UploadAsync(byte[] bytes, string partner = Partner, string? sha256 = null, long? size = null, int chunkBytes = Limits.Wire.ChunkBytes)
    {
        using var call = Models.UploadModel();
        try
        {
            await call.RequestStream.WriteAsync(new UploadModelRequest
            {
                Header = new UploadHeader { Parent = partner, Sha256 = sha256 ?? "", SizeBytes = size ?? bytes.Length, FileName = "part.stl" },
            });
            for (var offset = 0; offset < bytes.Length; offset += chunkBytes)
            {
                var chunk = bytes.AsMemory(offset, Math.Min(chunkBytes, bytes.Length - offset));
                await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) });
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or IOException or InvalidOperationException or HttpRequestException)
        {
            // The server may have answered early; a write error hides the answer, the response has it.
            return (await call).Name;
        }
        return (await call).Name;
    }

    /// <summary>Asks for the price of ten printed pieces.</summary>
    public static CreateQuoteRequest Ask(string model, string? requestId = null, TimeSpan wait = default, params long[] quantities)
    {
        var request = new CreateQuoteRequest
        {
            Parent = model[..model.IndexOf("/models/", StringComparison.Ordinal)],
            RequestId = requestId ?? Guid.NewGuid().ToString("D"),
            Wait = Duration.FromTimeSpan(wait),
            Quote = new Quote { Model = model, Configurations = { new Configuration { Process = "sla" } } },
        };
        request.Quote.Quantities.Add(quantities.Length == 0 ? [10] : quantities);
        return request;
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The reason a refusal carries in its details.</summary>
    public static string ReasonOf(RpcException refusal) => InfoOf(refusal).Type;

    public static ErrorInfo InfoOf(RpcException refusal)
    {
        var details = refusal.Trailers.GetValueBytes("grpc-status-details-bin") ?? throw new InvalidOperationException($"No details: {refusal.Status}");
        return RpcStatus.Parser.ParseFrom(details).Details.First(d => d.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Asks the host to stop and waits until it has.</summary>
    public async Task StopAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Only asks; what is open ends by itself.</summary>
    public void BeginStop() => _app.Lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Channel.Dispose();
        await Database.DisposeAsync();
        if (_ownsFolder)
            Directory.Delete(Options.ModelFolder, recursive: true);
    }
}
