using System.Runtime.CompilerServices;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>
/// Real model files with the figures of other tools, where a machine has them: PRICING_TEST_MODELS, else ../shared/models beside the
/// repository. They are not part of the repository; every promise also has a test on models the project makes itself.
/// </summary>
static class Corpus
{
    public static string? Folder { get; } = Find();

    public static IEnumerable<string> Files(string folder) =>
        Folder is null ? [] : Directory.EnumerateFiles(Path.Combine(Folder, folder)).OrderBy(path => path, StringComparer.Ordinal);

    /// <summary>One column of a truth table, by the file's name.</summary>
    public static Dictionary<string, string> Truth(string table, string column)
    {
        if (Folder is null)
            return [];
        var lines = File.ReadAllLines(Path.Combine(Folder, "truth", table));
        var index = Array.IndexOf(lines[0].Split(','), column);
        var name = Array.IndexOf(lines[0].Split(','), "file");
        return lines.Skip(1).Select(line => line.Split(',')).Where(cells => cells.Length > Math.Max(index, name))
            .ToDictionary(cells => cells[name], cells => cells[index]);
    }

    static string? Find([CallerFilePath] string thisFile = "")
    {
        var stated = Environment.GetEnvironmentVariable("PRICING_TEST_MODELS");
        var beside = Path.Combine(Path.GetDirectoryName(thisFile)!, "../../../../../shared/models");
        return new[] { stated, beside }.FirstOrDefault(path => path is not null && Directory.Exists(Path.Combine(path, "models")));
    }
}
