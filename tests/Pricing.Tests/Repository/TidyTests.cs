using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Pricing.Tests.Repository;

/// <summary>Repository rules as ordinary tests: what a reviewer would otherwise have to remember.</summary>
[TestFixture]
public sealed partial class TidyTests
{
    sealed record Rule(string Name, string Pattern, string Why, string[] Folders, string[]? Except = null);

    static readonly Rule[] Rules =
    [
        new("wall clock", @"\bDateTime(Offset)?\.(Utc)?Now\b", "clocks are TimeProvider's or the database's", ["src"]),
        new("sleeping tests", @"\b(Thread\.Sleep|Task\.Delay)\s*\(", "a test waits for a signal, not for the clock", ["tests"], ["tests/Pricing.Tests/Repository/TidyTests.cs"]),
        new("sleeping code", @"\bThread\.Sleep\s*\(", "threads wait for signals", ["src"]),
        new("regions", @"^\s*#region", "a file that needs regions is two files", ["src", "tests", "bench"]),
        new("async void", @"\basync\s+void\b", "its exceptions end the process", ["src", "tests", "bench"], ["tests/Pricing.Tests/Repository/TidyTests.cs"]),
        new("swallowed errors", @"catch\s*(\([^)]*Exception[^)]*\))?\s*\{\s*\}", "an error is mapped, rethrown or written down with its reason", ["src"]),
        new("pragma without reason", @"#pragma warning disable(?!.*//)", "a suppression carries its reason", ["src", "tests", "bench"]),
        new("TODO without reason", @"\b(TODO|FIXME|HACK)\b(?!\([\w-]+\): \S.{15,})", "say who needs it and why it waits: TODO(area): reason", ["src", "tests", "bench", "protos"], ["tests/Pricing.Tests/Repository/TidyTests.cs"]),
        new("unfinished code", @"NotImplementedException", "no stub is merged", ["src"]),
        new("unseeded random", @"new Random\(\s*\)", "a seed that is not printed cannot be replayed", ["src", "tests", "bench"]),
        new("money in binary", @"\b(double|float)\s+\w*([Pp]rice|[Aa]mount|[Cc]ost)(?!List)\w*\s*[=;,)]", "money is decimal", ["src/Pricing.Cost", "src/Pricing.Coordinator", "src/Pricing.Orders"]),
        new("libm in kernels", @"\bMath(F)?\.(Sin|Cos|Tan|Atan2?|Acos|Asin|Pow|Exp|Log|Log2|Log10|Cbrt)\s*\(", "libm differs between platforms; + − × ÷ √ only in what reaches a price", ["src/Pricing.Geometry/Mass", "src/Pricing.Geometry/Layers", "src/Pricing.Geometry/Topology", "src/Pricing.Geometry/Shape", "src/Pricing.Geometry/Fdm"]),
        new("estimated reciprocals", @"\b(Reciprocal(Sqrt)?(Estimate|14)?|MultiplyAddEstimate)\s*\(", "estimates differ between CPUs", ["src/Pricing.Geometry"]),
    ];

    static IEnumerable<TestCaseData> RuleCases() => Rules.Select(r => new TestCaseData(r.Name).SetName($"No_{r.Name.Replace(' ', '_')}"));

    [TestCaseSource(nameof(RuleCases))]
    public void Forbidden_pattern_is_absent(string name)
    {
        var rule = Rules.Single(r => r.Name == name);
        var pattern = new Regex(rule.Pattern, RegexOptions.Multiline);
        var found = new List<string>();
        foreach (var file in rule.Folders.SelectMany(f => SourceTree.Files(f)).Where(IsSource).Where(f => !f.StartsWith("src/Grpc.", StringComparison.Ordinal)).Except(rule.Except ?? []))
            foreach (Match match in pattern.Matches(SourceTree.Read(file)))
                found.Add($"{file}:{LineOf(SourceTree.Read(file), match.Index)}: {match.Value.Trim()}");
        Assert.That(found, Is.Empty, rule.Why);
    }

    [Test]
    public void No_drawer_names()
    {
        var banned = BannedName();
        var named = SourceTree.Files("src").Concat(SourceTree.Files("tests")).Concat(SourceTree.Files("bench")).Concat(SourceTree.Files("protos"))
            .Where(f => !f.StartsWith("src/Grpc.", StringComparison.Ordinal))
            .Where(f => f.Split('/').Any(part => banned.IsMatch(Path.GetFileNameWithoutExtension(part))))
            .ToArray();
        Assert.That(named, Is.Empty, "a file or folder is named after its domain, not after being a drawer");
    }

    /// <summary>A constant whose name says it bounds something lives in Limits.cs, where a reader sees all bounds together.</summary>
    [Test]
    public void Bounds_live_in_one_file()
    {
        var found = new List<string>();
        foreach (var file in SourceTree.Files("src", "*.cs").Where(f => f != "src/Limits.cs" && !f.StartsWith("src/Grpc.", StringComparison.Ordinal)))
            foreach (Match match in BoundConstant().Matches(SourceTree.Read(file)))
                found.Add($"{file}:{LineOf(SourceTree.Read(file), match.Index)}: {match.Value.Trim()}");
        Assert.That(found, Is.Empty);
    }

    /// <summary>A bound that nothing enforces is a promise nobody keeps.</summary>
    [Test]
    public void Every_bound_is_used()
    {
        var sources = string.Join('\n', SourceTree.Files("src", "*.cs").Where(f => f != "src/Limits.cs").Select(SourceTree.Read));
        var bounds = SourceTree.Read("src/Limits.cs");
        var unused = BoundName().Matches(bounds).Select(m => m.Groups[1].Value).Distinct()
            .Where(name => !Regex.IsMatch(sources, $@"\b{name}\b"));
        Assert.That(unused, Is.Empty);
    }

    [Test]
    public void Bounds_agree_with_each_other()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Limits.Wire.ChunkBytes, Is.LessThan(85_000), "chunks stay out of the large-object heap");
            Assert.That(Limits.Wire.ChunkBytesMax, Is.LessThan(Limits.Wire.MessageBytesMax));
            Assert.That(Limits.Wire.WindowBytes, Is.GreaterThanOrEqualTo(4 * Limits.Wire.ChunkBytes));
            Assert.That(Limits.Job.LeaseMs, Is.GreaterThanOrEqualTo(3 * Limits.Job.RenewMs), "two renewals may be lost");
            Assert.That(Limits.Job.RenewMs + 2 * (Limits.Job.RenewCallMs + Limits.Job.DispatchTickMs), Is.LessThan(Limits.Job.LeaseMs), "two renewals may be slow");
            Assert.That(Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax, Is.LessThan(Limits.Job.LeaseMs), "a dead node is noticed before its lease ends");
            Assert.That(Limits.Wire.ShutdownMs, Is.LessThan(3_000));
            Assert.That(Limits.Mesh.FileBytesMax, Is.GreaterThan(600L << 20), "a 600 MB model is priced");
            Assert.That(84 + 50L * Limits.Mesh.TrianglesMax, Is.GreaterThanOrEqualTo(Limits.Mesh.FileBytesMax), "the byte limit bounds binary STL first");
            Assert.That(Limits.Quote.WaitSecondsMax, Is.LessThan(Limits.Quote.DeadlineSeconds));
        });
    }

    [Test]
    public void No_machine_paths_or_registry_hosts()
    {
        var found = new List<string>();
        foreach (var file in SourceTree.Files(".").Where(f => !f.EndsWith(".binpb", StringComparison.Ordinal) && IsText(f)))
            foreach (Match match in MachinePath().Matches(SourceTree.Read(file)))
                found.Add($"{file}:{LineOf(SourceTree.Read(file), match.Index)}: {match.Value.Trim()}");
        Assert.That(found, Is.Empty);
    }

    [Test]
    public void Every_source_file_ends_with_a_newline_and_uses_line_feeds()
    {
        var wrong = SourceTree.Files("src", "*.cs").Concat(SourceTree.Files("tests", "*.cs")).Concat(SourceTree.Files("protos", "*.proto"))
            .Where(f => SourceTree.Read(f) is var text && (text.Contains('\r') || !text.EndsWith('\n'))).ToArray();
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void The_documents_a_reader_is_promised_exist()
        => Assert.That(
            new[] { "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "buf.yaml", "pricing", "test.sh", ".ci/run", "docs/errors.md", "docs/cli.md", "docs/formulas.md", "docs/job-states.md" }
                .Where(f => !File.Exists(Path.Combine(SourceTree.Root, f))),
            Is.Empty);

    /// <summary>A link that leads nowhere is a promise not kept.</summary>
    [Test]
    public void Relative_links_of_the_documents_lead_somewhere()
    {
        var broken = new List<string>();
        foreach (var file in SourceTree.Files(".", "*.md"))
            foreach (Match match in MarkdownLink().Matches(SourceTree.Read(file)))
            {
                var target = match.Groups[1].Value.Split('#')[0];
                if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
                    && !Path.Exists(Path.Combine(SourceTree.Root, Path.GetDirectoryName(file)!, target)))
                    broken.Add($"{file}: {target}");
            }
        Assert.That(broken, Is.Empty);
    }

    /// <summary>Who holds a code finds it: every UPPER_SNAKE text of the sources that is no code is named here.</summary>
    [Test]
    public void Every_reason_code_is_documented()
    {
        string[] noCodes = ["AWAITING_UPLOAD", "DOTNET_ROOT", "LC_ALL", "NO_COLOR", "PG_VERSION", "XDG_DATA_HOME"];
        var documented = string.Concat(new[] { "docs/errors.md", "docs/formulas.md", "docs/price-lists.md" }.Select(SourceTree.Read));
        var unknown = SourceTree.Files("src", "*.cs").Where(f => !f.StartsWith("src/Grpc.", StringComparison.Ordinal))
            .SelectMany(f => UpperSnake().Matches(SourceTree.Read(f)).Select(match => match.Groups[1].Value)).Distinct()
            .Where(code => !code.StartsWith("PRICING_", StringComparison.Ordinal) || code == "PRICING_FAILED")
            .Except(noCodes)
            .Where(code => !Regex.IsMatch(documented, $@"\b{code}\b"));
        Assert.That(unknown, Is.Empty, "docs/errors.md lists every reason");
    }

    static bool IsSource(string file) => Path.GetExtension(file) is ".cs" or ".proto" or ".sql" or ".mjs" or ".ts" or ".tsx";

    static bool IsText(string file) => Path.GetExtension(file) is not (".snk" or ".stl" or ".3mf" or ".glb" or ".ply" or ".png" or ".obj" or ".off" or ".gz");

    static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    [GeneratedRegex(@"^(\w*(Utils?|Helpers?|Manager|Misc)|Common|Shared|Processor)$", RegexOptions.IgnoreCase)]
    private static partial Regex BannedName();

    [GeneratedRegex(@"^\s*(public|internal|private|static|\s)*\bconst\s+\w+\s+\w*(Max|Limit|Timeout|TimeoutMs|Retries)\s*=", RegexOptions.Multiline)]
    private static partial Regex BoundConstant();

    [GeneratedRegex(@"(^|[\s""'(=])/(work|root|home/\w+)/|://[\w.-]*(nuget|npmjs|npm|debian)\.[a-z.]+", RegexOptions.Multiline)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"""([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)""")]
    private static partial Regex UpperSnake();

    [GeneratedRegex(@"const\s+\w+\s+(\w+)\s*=")]
    private static partial Regex BoundName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex MarkdownLink();
}
