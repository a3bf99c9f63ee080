using System.Diagnostics;
using Grpc.Net.Client;
using Pricing.Client;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Bench;

/// <summary>Calls of one phase: so many callers, each asking again as soon as it is answered.</summary>
public sealed record KnownPriceResult(
    int Clients, long Calls, double Seconds, double CallsPerS, double P50Us, double P90Us, double P99Us, double P999Us, double MaxUs,
    double ServerCpuUs, double ClientCpuUs, long AnsweredFromMemory, long Loads);

/// <summary>
/// How fast a known price is answered over gRPC: a coordinator with its own PostgreSQL in a process of its own, callers in this one,
/// h2c over loopback, at the log level servers run with. One part is uploaded and measured once; then its price is asked for again and again.
/// </summary>
public static class KnownPriceBench
{
    const int Few = 4;
    const int CallersPerConnection = 16;
    static readonly TimeSpan Warming = TimeSpan.FromSeconds(3);

    public static async Task<(int AnswerBytes, IReadOnlyList<KnownPriceResult> Results)> RunAsync(string? redis, double seconds, int clients, CancellationToken cancellation)
    {
        var home = Directory.CreateTempSubdirectory("pricing-bench-");
        try
        {
            using var server = await BenchServer.StartAsync(home.FullName, redis, cancellation);
            await using var pricing = new PricingClient(server.Address);
            var part = new MemoryStream(MeshWriter.ToBytes(ExampleModels.All[0].Build(), MeshFormat.StlBinary));
            var model = (await pricing.Models.UploadAsync(part, "bench.stl", cancellation: cancellation)).Model;
            var asked = new Client.QuoteRequest { Configurations = [new Configuration { Process = "fdm" }], Quantities = [1, 10, 100] };
            await pricing.Quotes.PriceAsync(model, asked, cancellation: cancellation);
            var request = new PreviewPricesRequest
            {
                Parent = model.Name[..model.Name.IndexOf("/models/", StringComparison.Ordinal)],
                Quote = new Quote { Model = model.Name, Configurations = { asked.Configurations }, Quantities = { asked.Quantities } },
            };
            var answer = await pricing.Quotes.PreviewAsync(model, asked, cancellation);
            var results = new List<KnownPriceResult>();
            foreach (var callers in new[] { 1, Few, clients }.Distinct())
                results.Add(await PhaseAsync(server, request, callers, seconds, cancellation));
            return (answer.CalculateSize(), results);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    static async Task<KnownPriceResult> PhaseAsync(BenchServer server, PreviewPricesRequest request, int callers, double seconds, CancellationToken cancellation)
    {
        var channels = Enumerable.Range(0, (callers + CallersPerConnection - 1) / CallersPerConnection).Select(_ => GrpcChannel.ForAddress(server.Address)).ToList();
        try
        {
            var services = channels.ConvertAll(channel => new PriceService.PriceServiceClient(channel));
            await CallAsync(services, request, callers, Warming, cancellation);

            var ops = new OpsService.OpsServiceClient(channels[0]);
            var before = (await ops.GetPipelineStatsAsync(new GetPipelineStatsRequest(), cancellationToken: cancellation)).Cache;
            var (serverCpu, clientCpu) = (server.CpuTime(), Environment.CpuUsage.TotalTime);
            var start = Stopwatch.GetTimestamp();
            var times = await CallAsync(services, request, callers, TimeSpan.FromSeconds(seconds), cancellation);
            var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            (serverCpu, clientCpu) = (server.CpuTime() - serverCpu, Environment.CpuUsage.TotalTime - clientCpu);
            var after = (await ops.GetPipelineStatsAsync(new GetPipelineStatsRequest(), cancellationToken: cancellation)).Cache;

            double Us(double percent) => times.PercentileNs(percent) / 1e3;
            // A call that is answered from memory finds two things there: that the model may be seen, and the answer.
            return new(callers, times.Count, elapsed, times.Count / elapsed, Us(50), Us(90), Us(99), Us(99.9), times.HighestNs / 1e3,
                serverCpu.TotalMicroseconds / times.Count, clientCpu.TotalMicroseconds / times.Count,
                (after.MemoryHits - before.MemoryHits) / 2, after.Loads - before.Loads);
        }
        finally
        {
            channels.ForEach(channel => channel.Dispose());
        }
    }

    static async Task<LatencyHistogram> CallAsync(
        List<PriceService.PriceServiceClient> services, PreviewPricesRequest request, int callers, TimeSpan time, CancellationToken cancellation)
    {
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var perCaller = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var service = services[caller % services.Count];
            var times = new LatencyHistogram();
            for (var now = Stopwatch.GetTimestamp(); now < end;)
            {
                var answer = await service.PreviewPricesAsync(request, cancellationToken: cancellation);
                if (answer.Prices.Count == 0)
                    throw new InvalidOperationException("A preview without prices.");
                var then = Stopwatch.GetTimestamp();
                times.Add((long)((then - now) * (1e9 / Stopwatch.Frequency)));
                now = then;
            }
            return times;
        }, cancellation)));
        var all = new LatencyHistogram();
        foreach (var times in perCaller)
            all.Add(times);
        return all;
    }
}
