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
        var rows = File.ReadAllLines(Path.Combine(Folder, "truth", table)).Select(Cells).ToList();
        var (name, index) = (rows[0].IndexOf("file"), rows[0].IndexOf(column));
        return rows.Skip(1).ToDictionary(cells => cells[name], cells => cells[index]);
    }

    /// <summary>The cells of a CSV line; quoted cells may hold commas.</summary>
    static List<string> Cells(string line)
    {
        var (cells, cell, quoted) = (new List<string>(), new System.Text.StringBuilder(), false);
        foreach (var c in line)
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
                cell.Append(c);
        cells.Add(cell.ToString());
        return cells;
    }

    static string? Find([CallerFilePath] string thisFile = "")
    {
        var stated = Environment.GetEnvironmentVariable("PRICING_TEST_MODELS");
        var beside = Path.Combine(Path.GetDirectoryName(thisFile)!, "../../../../../shared/models");
        return new[] { stated, beside }.FirstOrDefault(path => path is not null && Directory.Exists(Path.Combine(path, "models")));
    }
}
