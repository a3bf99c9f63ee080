using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>A reason code is a promise: each one the decoders can give stands in docs/errors.md.</summary>
sealed partial class ReasonCodeTests
{
    [Test]
    public void Every_reason_and_note_of_the_decoders_is_documented()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../.."));
        var documented = File.ReadAllText(Path.Combine(root, "docs/errors.md"));
        var codes = Directory.EnumerateFiles(Path.Combine(root, "src/Pricing.Geometry/Mesh"), "*.cs")
            .SelectMany(path => Code().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value)).Distinct().ToList();
        Assert.That(codes, Has.Count.GreaterThan(60));
        Assert.That(codes.Where(code => !documented.Contains($"`{code}`")), Is.Empty);
    }

    static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex("(?:MeshFormatException|MeasurementNote|new)\\(\\s*\"([A-Z][A-Z0-9_]+)\"")]
    private static partial Regex Code();
}
