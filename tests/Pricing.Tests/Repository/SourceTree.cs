using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace Pricing.Tests.Repository;

/// <summary>The repository's own text, as the rules read it. Generated folders are left out.</summary>
static class SourceTree
{
    static readonly string[] SkippedFolders = ["bin", "obj", "node_modules", ".git", "TestResults", "artifacts", "BenchmarkDotNet.Artifacts"];

    /// <summary>Absolute path of the repository, found from this file's own place at compile time, else upwards from the test binary.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Files below a folder of the repository, relative to the root, with forward slashes, in ordinal order.</summary>
    public static IEnumerable<string> Files(string folder, string pattern = "*") =>
        Walk(Path.Combine(Root, folder), pattern)
            .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    /// <summary>The text of a file given relative to the root.</summary>
    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    static IEnumerable<string> Walk(string folder, string pattern)
    {
        if (!Directory.Exists(folder))
            yield break;
        foreach (var file in Directory.EnumerateFiles(folder, pattern))
            yield return file;
        foreach (var child in Directory.EnumerateDirectories(folder))
            if (!SkippedFolders.Contains(Path.GetFileName(child)))
                foreach (var file in Walk(child, pattern))
                    yield return file;
    }

    static string FindRoot([CallerFilePath] string thisFile = "")
    {
        foreach (var start in new[] { Path.GetDirectoryName(thisFile), TestContext.CurrentContext.TestDirectory })
            for (var folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
                if (File.Exists(Path.Combine(folder, "Pricing.sln")))
                    return folder;
        throw new DirectoryNotFoundException("Pricing.sln was not found above the tests.");
    }
}
