using System.Xml.Linq;
using NUnit.Framework;

namespace Pricing.Tests.Repository;

/// <summary>Who may know whom (ARCHITECTURE.md, "The rules"). A new arrow is a decision, so it is made here first.</summary>
[TestFixture]
public sealed class ProjectGraphTests
{
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Grpc.Core.Api"] = [],
        ["Grpc.Net.Common"] = ["Grpc.Core.Api"],
        ["Pricing.Protos"] = [],
        ["Pricing.Geometry"] = [],
        ["Pricing.Cost"] = ["Pricing.Protos"],
        ["Pricing.Orders"] = ["Pricing.Protos"],
        ["Pricing.Node"] = ["Pricing.Protos", "Pricing.Geometry"],
        ["Pricing.Coordinator"] = ["Pricing.Protos", "Pricing.Cost", "Pricing.Orders"],
        ["Pricing.Facade"] = ["Pricing.Protos"],
        ["Pricing.Client"] = ["Pricing.Protos"],
        ["Pricing.Cli"] = ["Pricing.Protos", "Pricing.Geometry", "Pricing.Cost", "Pricing.Orders", "Pricing.Node", "Pricing.Coordinator", "Pricing.Facade", "Pricing.Client"],
    };

    /// <summary>Packages that would give a room something it must not have: a database to the facade or the node, a mesh kernel's purity lost.</summary>
    static readonly Dictionary<string, string[]> ForbiddenPackages = new()
    {
        ["Pricing.Geometry"] = ["*"],
        ["Pricing.Facade"] = ["Npgsql", "Dapper"],
        ["Pricing.Node"] = ["Npgsql", "Dapper", "YamlDotNet"],
        ["Pricing.Client"] = ["Npgsql", "Dapper", "YamlDotNet"],
        ["Pricing.Cost"] = ["Npgsql", "Dapper", "Grpc.AspNetCore.Server", "Grpc.Net.Client"],
    };

    static IEnumerable<string> Projects() => SourceTree.Files("src", "*.csproj");

    static IEnumerable<string> References(string project, string kind) =>
        XDocument.Parse(SourceTree.Read(project)).Descendants(kind)
            .Select(e => ((string?)e.Attribute("Include") ?? "").Replace('\\', '/').Split('/')[^1])
            .Select(name => name.EndsWith(".csproj", StringComparison.Ordinal) ? name[..^".csproj".Length] : name);

    [Test]
    public void Every_project_of_src_is_known_to_the_rule()
        => Assert.That(Projects().Select(Path.GetFileNameWithoutExtension), Is.EquivalentTo(Allowed.Keys));

    [TestCaseSource(nameof(Projects))]
    public void A_project_references_only_what_the_design_allows(string project)
        => Assert.That(References(project, "ProjectReference"), Is.SubsetOf(Allowed[Path.GetFileNameWithoutExtension(project)]));

    [TestCaseSource(nameof(Projects))]
    public void A_room_gets_no_package_that_its_purity_forbids(string project)
    {
        var forbidden = ForbiddenPackages.GetValueOrDefault(Path.GetFileNameWithoutExtension(project), []);
        var packages = References(project, "PackageReference").ToArray();
        Assert.That(packages.Where(p => forbidden.Contains("*") || forbidden.Contains(p)), Is.Empty);
    }

    [Test]
    public void Nobody_in_src_references_tests_or_bench()
        => Assert.That(Projects().SelectMany(p => References(p, "ProjectReference")).Where(r => r.Contains("Tests") || r.Contains("Bench")), Is.Empty);
}
