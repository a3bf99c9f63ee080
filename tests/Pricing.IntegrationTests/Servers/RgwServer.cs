using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;
using NUnit.Framework;
using Pricing.Coordinator.Models;

namespace Pricing.IntegrationTests.Servers;

/// <summary>
/// One real S3 (Ceph's gateway) for all tests of the run, started when the first one asks; each test takes a bucket of its own. test.sh installs
/// its packages; where they are missing the tests say so and are left out, but never in continuous integration.
/// </summary>
public static class RgwServer
{
    public const string AccessKey = "appkey", Secret = "appsecret";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    static readonly Lazy<Task<int>> Server = new(StartAsync);
    static string? folder;
    static int buckets;

    /// <summary>A new, empty bucket.</summary>
    public static async Task<BucketOptions> CreateBucketAsync()
    {
        if (Environment.GetEnvironmentVariable("CI") is null or "" && !IsInstalled())
            Assert.Ignore("No S3 to test with: apt-get install radosgw ceph-mon ceph-osd ceph-common (test.sh does).");
        var bucket = new BucketOptions
        {
            Bucket = $"models-{Interlocked.Increment(ref buckets)}",
            Prefix = "models/",
            Endpoint = new Uri($"http://127.0.0.1:{await Server.Value}"),
            Credentials = (AccessKey, Secret),
        };
        using var client = Client(bucket);
        await client.PutBucketAsync(bucket.Bucket);
        return bucket;
    }

    /// <summary>The test's own way into a bucket, beside the store's.</summary>
    public static AmazonS3Client Client(BucketOptions bucket)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return new AmazonS3Client(new BasicAWSCredentials(AccessKey, Secret), new AmazonS3Config
        {
            ServiceURL = bucket.Endpoint!.AbsoluteUri,
            ForcePathStyle = true,
            AuthenticationRegion = bucket.Region,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public static async Task StopAsync()
    {
        if (folder is not null)
            await RunAsync("down", folder);
    }

    static bool IsInstalled() => Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(path => File.Exists(Path.Combine(path, "radosgw")));

    static async Task<int> StartAsync()
    {
        // Sockets lie in it, so its name is short.
        folder = Directory.CreateTempSubdirectory("rgw-").FullName;
        var port = FreePorts();
        await RunAsync("up", folder, $"{port}");
        return port;
    }

    static async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "Servers", "rgw.sh"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // The servers inherit standard error and outlive the script: a file, not a pipe that would wait for them.
        using var process = Process.Start(start)!;
        var said = new List<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            lock (said)
                said.Add(line.Data ?? "");
        };
        process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(Patience);
        while (!process.HasExited)
            await process.WaitForExitAsync(patience.Token);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"rgw.sh {arguments[0]} failed ({process.ExitCode}): {string.Join('\n', said)}");
    }

    /// <summary>Two neighbouring ports nobody listens on.</summary>
    static int FreePorts()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            var port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; the next pair.
            }
        }
    }
}
