using System.Diagnostics;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Bench;

/// <summary>Uploads of one kind: medians over the repetitions.</summary>
public sealed record UploadResult(string What, double MegabytesPerS, double ServerCpuSPerGb, double ClientCpuSPerGb, long ServerPeakRssBytes);

/// <summary>
/// How fast a large model is uploaded over loopback and what it costs: a gRPC client stream that is read and dropped, then our coordinator with a
/// folder (forced to disk) and, when one is named, with a bucket. Each server is a process of its own; the sender is the same, chunk by chunk.
/// </summary>
public static class UploadBench
{
    const double Gigabyte = 1e9;

    public static async Task<IReadOnlyList<UploadResult>> RunAsync(int megabytes, int repetitions, string? models, CancellationToken cancellation)
    {
        var file = new SteadyBytes(megabytes * 1_000_000L);
        var results = new List<UploadResult> { HashAlone(file) };
        var home = Directory.CreateTempSubdirectory("pricing-bench-");
        try
        {
            results.Add(await MeasureAsync("gRPC client stream, dropped", ["bench", "--bare-sink"], "ready sink", file, repetitions, cancellation));
            results.Add(await MeasureAsync("our upload, folder, fsync", Serve(Path.Combine(home.FullName, "folder"), null), "ready coordinator", file, repetitions, cancellation));
            if (models is not null)
                results.Add(await MeasureAsync("our upload, bucket", Serve(Path.Combine(home.FullName, "bucket"), models), "ready coordinator", file, repetitions, cancellation));
            return results;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    static List<string> Serve(string home, string? models) =>
        ["serve", "--roles", "coordinator", "--listen", "127.0.0.1:0", "--home", home, .. models is null ? (string[])[] : ["--models", models]];

    static async Task<UploadResult> MeasureAsync(
        string what, IReadOnlyList<string> arguments, string lastWords, SteadyBytes file, int repetitions, CancellationToken cancellation)
    {
        using var server = await BenchServer.StartAsync(arguments, lastWords, cancellation);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var service = new ModelService.ModelServiceClient(channel);
        var (rates, serverCpu, clientCpu) = (new List<double>(), new List<double>(), new List<double>());
        // One to warm up.
        for (var i = 0; i <= repetitions; i++)
        {
            // Another file each time: known bytes are not taken again. Its hash is not part of what is timed.
            file.Mark(i);
            var sha256 = file.Sha256();
            var (server0, client0, start) = (server.CpuTime(), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            await UploadAsync(service, file, sha256, cancellation);
            if (i == 0)
                continue;
            rates.Add(file.Length / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds);
            serverCpu.Add((server.CpuTime() - server0).TotalSeconds * Gigabyte / file.Length);
            clientCpu.Add((Environment.CpuUsage.TotalTime - client0).TotalSeconds * Gigabyte / file.Length);
        }
        return new(what, Median(rates), Median(serverCpu), Median(clientCpu), server.PeakRssBytes());
    }

    static async Task UploadAsync(ModelService.ModelServiceClient service, SteadyBytes file, string sha256, CancellationToken cancellation)
    {
        using var call = service.UploadModel(cancellationToken: cancellation);
        try
        {
            await call.RequestStream.WriteAsync(new UploadModelRequest
            {
                Header = new UploadHeader { Parent = "partners/local", Sha256 = sha256, SizeBytes = file.Length, FileName = "bench.stl" },
            }, cancellation);
            for (long at = 0; at < file.Length; at += Limits.Wire.ChunkBytes)
                await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = UnsafeByteOperations.UnsafeWrap(file.ChunkAt(at)) }, cancellation);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception end) when (end is RpcException or InvalidOperationException or IOException)
        {
            // The response says why.
        }
        var model = await call.ResponseAsync;
        if (model.SizeBytes != file.Length)
            throw new InvalidOperationException($"{model.SizeBytes} of {file.Length} bytes arrived.");
    }

    static UploadResult HashAlone(SteadyBytes file)
    {
        file.Sha256();
        var (cpu, start) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        file.Sha256();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new("SHA-256 alone", file.Length / 1e6 / elapsed, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds * Gigabyte / file.Length, 0, 0);
    }

    static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    /// <summary>Bytes that are not compressible and take no memory worth naming: one chunk, told apart by where it stands.</summary>
    sealed class SteadyBytes(long length)
    {
        readonly byte[] _chunk = RandomNumberGenerator.GetBytes(Limits.Wire.ChunkBytes);
        int _mark;

        public long Length => length;

        public void Mark(int mark) => _mark = mark;

        public ReadOnlyMemory<byte> ChunkAt(long at)
        {
            BitConverter.TryWriteBytes(_chunk, at);
            BitConverter.TryWriteBytes(_chunk.AsSpan(sizeof(long)), _mark);
            return _chunk.AsMemory(0, (int)Math.Min(_chunk.Length, length - at));
        }

        public string Sha256()
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long at = 0; at < length; at += _chunk.Length)
                hash.AppendData(ChunkAt(at).Span);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }
}
