using System.Diagnostics;
using NUnit.Framework;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>Runs the clients under tests/web, which are not .NET, and hands back what they print.</summary>
static class ForeignClient
{
    public static string WebFolder { get; } = FindWebFolder();

    public static Task<string> NodeAsync(string script, params string[] arguments) =>
        RunAsync("node", [Path.Combine(WebFolder, script), .. arguments]);

    public static Task<string> BufAsync(params string[] arguments) =>
        RunAsync("node", [Path.Combine(WebFolder, "node_modules", "@bufbuild", "buf", "bin", "buf"), .. arguments]);

    static async Task<string> RunAsync(string program, string[] arguments)
    {
        Assert.That(Directory.Exists(Path.Combine(WebFolder, "node_modules")),
            "The foreign clients are not installed: ./test.sh installs them (npm install in tests/web).");
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = WebFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var patience = new CancellationTokenSource(ProbeServer.Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            Assert.That(process.ExitCode, Is.Zero, await errors + await output);
            return await output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    static string FindWebFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var web = Path.Combine(folder.FullName, "tests", "web");
            if (File.Exists(Path.Combine(web, "package.json")))
                return web;
        }
        throw new DirectoryNotFoundException("tests/web is not above " + AppContext.BaseDirectory);
    }
}
