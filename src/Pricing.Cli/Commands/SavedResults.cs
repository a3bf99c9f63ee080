using System.Globalization;
using System.Text;
using System.Text.Json;
using Pricing.Cli.Bench;
using Pricing.Cli.Output;

namespace Pricing.Cli.Commands;

/// <summary>Results kept beside the code, one pair of files per machine: JSON for programs, Markdown for people.</summary>
static class SavedResults
{
    public static void Write(string folder, string kind, string title, string head, IReadOnlyList<string> titles, IReadOnlyList<IReadOnlyList<object>> rows)
    {
        var path = Path.Combine(folder, $"{Machine.Slug()}-{kind}");
        GenerateCommand.Creating(path, () =>
        {
            Directory.CreateDirectory(folder);
            using (var json = new StreamWriter(path + ".json"))
                JsonText.Write(json, writer => Json(writer, head, titles, rows));
            var text = new StringBuilder($"# {title}\n\n{Machine.Describe()}; commit {Machine.Commit()}; {Machine.Day(TimeProvider.System)}.\n{head}.\n\n");
            text.Append("| ").AppendJoin(" | ", titles).Append(" |\n|").Insert(text.Length, "---|", titles.Count).Append('\n');
            foreach (var row in rows)
                text.Append("| ").AppendJoin(" | ", row.Select(Text)).Append(" |\n");
            File.WriteAllText(path + ".md", text.ToString());
        });
    }

    public static void Json(Utf8JsonWriter writer, string head, IReadOnlyList<string> titles, IReadOnlyList<IReadOnlyList<object>> rows)
    {
        writer.WriteStartObject();
        writer.WriteString("machine", Machine.Describe());
        writer.WriteString("commit", Machine.Commit());
        writer.WriteString("measured", Machine.Day(TimeProvider.System));
        writer.WriteString("conditions", head);
        writer.WriteStartArray("rows");
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            for (var i = 0; i < titles.Count; i++)
                if (row[i] is double number)
                    writer.WriteNumber(titles[i], number);
                else if (row[i] is long whole)
                    writer.WriteNumber(titles[i], whole);
                else
                    writer.WriteString(titles[i], Text(row[i]));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static string Text(object cell) => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "";
}
