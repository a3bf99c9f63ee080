using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Pricing.Tests.Repository;

/// <summary>
/// Folders inside a project form no cycle. Namespace = folder, so a `using` of a sibling's namespace is the arrow. Files in a
/// project's root (its door and its facts) may be seen by every folder and may see every folder: they are not part of the graph.
/// </summary>
[TestFixture]
public sealed partial class FolderGraphTests
{
    static IEnumerable<string> Projects() => SourceTree.Files("src", "*.csproj")
        .Select(p => Path.GetDirectoryName(p)!.Replace('\\', '/'))
        .Where(p => Path.GetFileName(p).StartsWith("Pricing.", StringComparison.Ordinal) && !p.EndsWith("Pricing.Protos", StringComparison.Ordinal));

    [TestCaseSource(nameof(Projects))]
    public void Folders_form_no_cycle(string project)
    {
        var graph = Graph(project);
        foreach (var (folder, targets) in graph.OrderBy(e => e.Key, StringComparer.Ordinal))
            TestContext.Out.WriteLine($"{folder} -> {string.Join(", ", targets.Order(StringComparer.Ordinal))}");
        Assert.That(Cycle(graph), Is.Null);
    }

    [TestCaseSource(nameof(Projects))]
    public void A_namespace_is_its_folder(string project)
    {
        var wrong = new List<string>();
        foreach (var file in SourceTree.Files(project, "*.cs"))
        {
            var declared = NamespaceLine().Match(SourceTree.Read(file)).Groups[1].Value;
            var folder = Path.GetDirectoryName(Path.GetRelativePath(project, file))!.Replace('\\', '/').Replace('/', '.');
            var expected = Path.GetFileName(project) + (folder.Length > 0 ? "." + folder : "");
            if (declared != expected && Path.GetFileName(file) != "Program.cs")
                wrong.Add($"{file}: namespace {declared}, folder says {expected}");
        }
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void The_cycle_finder_finds_a_cycle()
    {
        var graph = new Dictionary<string, HashSet<string>> { ["A"] = ["B"], ["B"] = ["C"], ["C"] = ["A"], ["D"] = ["A"] };
        Assert.That(Cycle(graph), Is.Not.Null);
    }

    static Dictionary<string, HashSet<string>> Graph(string project)
    {
        var root = Path.GetFileName(project);
        var graph = new Dictionary<string, HashSet<string>>();
        var reference = new Regex($@"\b{Regex.Escape(root)}\.([A-Z]\w*)\b");
        var folders = SourceTree.Files(project, "*.cs").Select(f => TopFolder(project, f)).Where(f => f.Length > 0).ToHashSet();
        foreach (var file in SourceTree.Files(project, "*.cs"))
        {
            var from = TopFolder(project, file);
            if (from.Length == 0)
                continue;
            if (!graph.TryGetValue(from, out var targets))
                graph[from] = targets = [];
            foreach (Match match in reference.Matches(SourceTree.Read(file)))
                if (match.Groups[1].Value is var to && to != from && folders.Contains(to))
                    targets.Add(to);
        }
        return graph;
    }

    static string TopFolder(string project, string file)
    {
        var relative = Path.GetRelativePath(project, file).Replace('\\', '/');
        return relative.Contains('/') ? relative[..relative.IndexOf('/')] : "";
    }

    static string? Cycle(Dictionary<string, HashSet<string>> graph)
    {
        var done = new HashSet<string>();
        var path = new List<string>();
        string? Visit(string node)
        {
            if (path.Contains(node))
                return string.Join(" -> ", path.SkipWhile(n => n != node).Append(node));
            if (!done.Add(node))
                return null;
            path.Add(node);
            foreach (var next in graph.GetValueOrDefault(node, []))
                if (Visit(next) is { } cycle)
                    return cycle;
            path.RemoveAt(path.Count - 1);
            return null;
        }
        return graph.Keys.Select(Visit).FirstOrDefault(c => c is not null);
    }

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
