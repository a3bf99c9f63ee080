using System.Diagnostics;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace Pricing.IntegrationTests.Protos;

/// <summary>
/// The wire contract is checked by buf: lint (STANDARD less two rules), format, and compatibility with the released baseline
/// (tests/baseline/protos.binpb; `npx buf build -o ../baseline/protos.binpb` in tests/web renews it at a release, never to silence this test).
/// </summary>
[TestFixture]
public sealed class BufTests
{
    static readonly string Root = FindRoot();
    static readonly string Buf = Path.Combine(Root, "tests/web/node_modules/.bin/buf");

    [OneTimeSetUp]
    public void Buf_is_installed()
        => Assert.That(File.Exists(Buf), Is.True, "buf is missing: ./test.sh installs it (npm install in tests/web)");

    [Test]
    public void Protos_pass_the_lint() => Assert.That(Run("lint"), Is.EqualTo((0, "")));

    [Test]
    public void Protos_are_formatted() => Assert.That(Run("format", "--exit-code", "-d"), Is.EqualTo((0, "")));

    [Test]
    public void Protos_break_nothing_that_was_released()
        => Assert.That(Run("breaking", "--against", "tests/baseline/protos.binpb"), Is.EqualTo((0, "")));

    [Test]
    public void A_moved_field_would_be_caught()
    {
        var copy = Directory.CreateTempSubdirectory("pricing-protos-");
        try
        {
            File.Copy(Path.Combine(Root, "buf.yaml"), Path.Combine(copy.FullName, "buf.yaml"));
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "protos"), "*.proto", SearchOption.AllDirectories))
            {
                var target = Path.Combine(copy.FullName, Path.GetRelativePath(Root, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                var text = File.ReadAllText(file);
                File.WriteAllText(target, text.Replace("string currency_code = 1;", "string currency_code = 9;", StringComparison.Ordinal));
            }
            var (code, output) = Run("breaking", copy.FullName, "--against", Path.Combine(Root, "tests/baseline/protos.binpb"));
            Assert.Multiple(() =>
            {
                Assert.That(code, Is.Not.Zero);
                Assert.That(output, Does.Contain("Money"));
            });
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    static (int Code, string Output) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Buf, arguments) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, (output + error.GetAwaiter().GetResult()).Trim());
    }

    static string FindRoot([CallerFilePath] string thisFile = "")
    {
        var folder = Path.GetDirectoryName(thisFile);
        while (folder is not null && !File.Exists(Path.Combine(folder, "Pricing.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("Pricing.sln was not found above the tests.");
    }
}
